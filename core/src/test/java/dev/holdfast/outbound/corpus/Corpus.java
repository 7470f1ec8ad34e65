package dev.holdfast.outbound.corpus;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;

/**
 * Reads the corpus. A script is a name, two lines that begin with a colon (what is wanted and what
 * it means; whether the connection is kept or closed) and a line for each packet, up to an empty
 * line. Packets are written with {@code \r \n \t \xHH} and
 *
 * <ul>
 *   <li>{@code {q}}: the request's token, eight digits;
 *   <li>{@code {length}}: how many bytes follow the head's empty line in this packet;
 *   <li>{@code {TEXT*N}}: the text so many times;
 *   <li>{@code {gzip:TEXT}}, {@code {zlib:TEXT}}, {@code {deflate:TEXT}}, {@code {br:TEXT}}, {@code
 *       {chunk:TEXT}}, {@code {utf16le:TEXT}}, {@code {utf16be:TEXT}}: the text in that form.
 * </ul>
 */
public final class Corpus {
    private static final Pattern ESCAPE = Pattern.compile("\\\\(r|n|t|x[0-9a-f]{2}|u[0-9a-f]{4})");
    private static final Pattern REPEATED = Pattern.compile("(.*)\\*([0-9]+)", Pattern.DOTALL);
    private static final Pattern FORM =
            Pattern.compile("(gzip|zlib|deflate|br|chunk|utf16le|utf16be):(.*)", Pattern.DOTALL);
    private static final String LENGTH = "{length}";

    private Corpus() {}

    /**
     * The scripts of a file.
     *
     * @param place a class beside the file
     * @param file its name, from there
     */
    public static List<Script> read(Class<?> place, String file) {
        List<String> lines;
        try (InputStream in = place.getResourceAsStream(file)) {
            lines = new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        List<Script> scripts = new ArrayList<>();
        List<String> block = new ArrayList<>();
        for (String line : lines) {
            if (line.startsWith("# ")) {
                continue;
            }
            if (!line.isEmpty()) {
                block.add(line);
            } else if (!block.isEmpty()) {
                scripts.add(script(block));
                block.clear();
            }
        }
        if (!block.isEmpty()) {
            scripts.add(script(block));
        }
        return scripts;
    }

    private static Script script(List<String> block) {
        String[] wanted = block.get(1).substring(2).split(" ", 2);
        return new Script(
                block.get(0),
                wanted[0],
                wanted[1],
                switch (block.get(2)) {
                    case ": kept" -> true;
                    case ": closed" -> false;
                    default -> throw new IllegalArgumentException(block.get(0));
                },
                List.copyOf(block.subList(3, block.size())));
    }

    /** A packet's bytes for the request {@code q}. */
    public static byte[] bytes(String packet, String q) {
        byte[] bytes = latin(expand(letters(packet), q));
        String text = text(bytes);
        int length = text.indexOf(LENGTH);
        if (length < 0) {
            return bytes;
        }
        int body = text.indexOf("\r\n\r\n", length) + 4;
        return latin(text.replace(LENGTH, Integer.toString(text.length() - body)));
    }

    /** Escapes as the letters they stand for. */
    static String letters(String text) {
        return ESCAPE.matcher(text)
                .replaceAll(
                        found ->
                                Matcher.quoteReplacement(
                                        switch (found.group(1).charAt(0)) {
                                            case 'r' -> "\r";
                                            case 'n' -> "\n";
                                            case 't' -> "\t";
                                            default ->
                                                    Character.toString(
                                                            Integer.parseInt(
                                                                    found.group(1).substring(1),
                                                                    16));
                                        }));
    }

    /** Letters stand for bytes throughout. */
    private static String expand(String text, String q) {
        StringBuilder all = new StringBuilder();
        for (int at = 0; at < text.length(); at++) {
            int end = text.charAt(at) == '{' ? closing(text, at) : -1;
            if (end < 0) {
                all.append(text.charAt(at));
            } else {
                all.append(macro(text.substring(at + 1, end), q));
                at = end;
            }
        }
        return all.toString();
    }

    private static int closing(String text, int open) {
        int depth = 0;
        for (int at = open; at < text.length(); at++) {
            depth += text.charAt(at) == '{' ? 1 : text.charAt(at) == '}' ? -1 : 0;
            if (depth == 0) {
                return at;
            }
        }
        return -1;
    }

    private static String macro(String inner, String q) {
        if (inner.equals("q")) {
            return q;
        }
        if (inner.equals("length")) {
            return LENGTH;
        }
        Matcher repeated = REPEATED.matcher(inner);
        if (repeated.matches() && !FORM.matcher(inner).matches()) {
            return expand(repeated.group(1), q).repeat(Integer.parseInt(repeated.group(2)));
        }
        Matcher form = FORM.matcher(inner);
        return form.matches()
                ? text(formed(form.group(1), latin(expand(form.group(2), q))))
                : "{" + expand(inner, q) + "}";
    }

    private static byte[] formed(String form, byte[] plain) {
        return switch (form) {
            case "gzip" -> through(plain, GZIPOutputStream::new);
            case "zlib" -> through(plain, DeflaterOutputStream::new);
            case "deflate" ->
                    through(plain, out -> new DeflaterOutputStream(out, new Deflater(9, true)));
            case "br" -> stored(plain);
            case "chunk" ->
                    latin(Integer.toHexString(plain.length) + "\r\n" + text(plain) + "\r\n");
            case "utf16le" -> text(plain).getBytes(StandardCharsets.UTF_16LE);
            case "utf16be" -> text(plain).getBytes(StandardCharsets.UTF_16BE);
            default -> throw new IllegalArgumentException(form);
        };
    }

    private interface Through {
        OutputStream open(OutputStream out) throws IOException;
    }

    private static byte[] through(byte[] plain, Through coder) {
        var bytes = new ByteArrayOutputStream();
        try (OutputStream out = coder.open(bytes)) {
            out.write(plain);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /** A stream of brotli that only stores (RFC 7932, section 9.2), up to 65536 bytes. */
    private static byte[] stored(byte[] plain) {
        int head = ((plain.length - 1) << 4) | (1 << 20);
        byte[] coded =
                Arrays.copyOf(
                        new byte[] {(byte) head, (byte) (head >> 8), (byte) (head >> 16)},
                        plain.length + 4);
        System.arraycopy(plain, 0, coded, 3, plain.length);
        coded[plain.length + 3] = 3;
        return coded;
    }

    private static byte[] latin(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }
}
