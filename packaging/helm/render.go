// Renders the chart where there is no helm: by Go's templates and sprig's functions, which are what helm itself is made of,
// and helm's own `include`, `required`, `fail` and `toYaml`.
//
//	render CHART NAMESPACE/RELEASE VALUES…    (files in YAML, the later one wins)
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/template"

	"github.com/Masterminds/sprig"
	"gopkg.in/yaml.v3"
)

func main() {
	chart := os.Args[1]
	release := strings.SplitN(os.Args[2], "/", 2)
	values := map[string]interface{}{}
	for _, file := range append([]string{filepath.Join(chart, "values.yaml")}, os.Args[3:]...) {
		merge(values, read(file))
	}
	about := read(filepath.Join(chart, "Chart.yaml"))
	data := map[string]interface{}{
		"Values":  values,
		"Release": map[string]interface{}{"Name": release[1], "Namespace": release[0]},
		"Chart":   map[string]interface{}{"AppVersion": about["appVersion"], "Version": about["version"], "Name": about["name"]},
	}
	all := template.New("chart").Option("missingkey=zero")
	functions := sprig.TxtFuncMap()
	functions["include"] = func(name string, data interface{}) (string, error) {
		var out strings.Builder
		err := all.ExecuteTemplate(&out, name, data)
		return out.String(), err
	}
	functions["required"] = func(why string, value interface{}) (interface{}, error) {
		if value == nil || value == "" {
			return nil, fmt.Errorf("%s", why)
		}
		return value, nil
	}
	functions["fail"] = func(why string) (string, error) { return "", fmt.Errorf("%s", why) }
	functions["toYaml"] = func(value interface{}) (string, error) {
		text, err := yaml.Marshal(value)
		return strings.TrimSuffix(string(text), "\n"), err
	}
	all.Funcs(functions)
	files, err := filepath.Glob(filepath.Join(chart, "templates", "*"))
	check(err)
	for _, file := range files {
		text, err := os.ReadFile(file)
		check(err)
		_, err = all.New(filepath.Base(file)).Parse(string(text))
		check(err)
	}
	for _, file := range files {
		if filepath.Ext(file) == ".yaml" {
			var out strings.Builder
			check(all.ExecuteTemplate(&out, filepath.Base(file), data))
			if strings.TrimSpace(out.String()) != "" {
				fmt.Printf("---\n# %s\n%s\n", filepath.Base(file), out.String())
			}
		}
	}
}

func read(file string) map[string]interface{} {
	text, err := os.ReadFile(file)
	check(err)
	out := map[string]interface{}{}
	check(yaml.Unmarshal(text, &out))
	return out
}

func merge(into, from map[string]interface{}) {
	for key, value := range from {
		below, isMap := value.(map[string]interface{})
		there, wasMap := into[key].(map[string]interface{})
		if isMap && wasMap {
			merge(there, below)
		} else {
			into[key] = value
		}
	}
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
