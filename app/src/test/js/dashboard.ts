// What ops/grafana-dashboard.json may look like, in the types that Grafana publishes of its own schema. The test puts the
// dashboard itself behind the last line, so that the compiler also finds keys that Grafana does not know.
import type { Dashboard, FieldConfig, Panel, RowPanel } from '@grafana/schema';
import type {
  FieldConfig as Lines,
  Options,
} from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen';

/** As it is written in JSON: what has a default may be left out, an enum is its text. */
type Written<T> = T extends string ? `${T}` : T extends object ? { [K in keyof T]?: Written<T[K]> } : T;

type TimeSeries = Omit<Panel, 'type' | 'options' | 'fieldConfig' | 'targets'> & {
  type: 'timeseries';
  options: Written<Options>;
  fieldConfig: { defaults: Omit<FieldConfig, 'custom'> & { custom?: Written<Lines> }; overrides: never[] };
  targets: { refId: string; expr: string; legendFormat?: string }[];
};
type Row = Omit<RowPanel, 'panels'> & { panels: TimeSeries[] };

export const dashboard: Omit<Dashboard, 'panels'> & { panels: (TimeSeries | Row)[] } =
