package dev.holdfast.request;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SafePathTest {
    @Test
    void whatStaysBelowIsRight() {
        for (String path :
                new String[] {
                    "",
                    "v1/chat/completions",
                    "v1/",
                    "a/b;v=1/c",
                    "files/report.pdf",
                    "...",
                    "a..b",
                    ".hidden",
                    "100%25",
                    "caf%C3%A9/%E6%97%A5",
                    "a%20b",
                    "user@host:1/~me/!$&'()*+,=",
                }) {
            assertThat(SafePath.wrong(path)).as(path).isNull();
        }
    }

    @Test
    void whatCouldLeadElsewhereIsNot() {
        for (String path :
                new String[] {
                    "..",
                    ".",
                    "a/../b",
                    "a/./b",
                    "a/..",
                    "%2e%2e/b",
                    "%2E./b",
                    ".%2e/b",
                    "a/..;/b",
                    "a/..;x=1/b",
                    "a/%2e%2e;/b",
                    "%252e%252e/b",
                    "%25252e%25252e/b",
                    "%2525252e./b",
                    "a%2fb",
                    "a%2Fb",
                    "a%252fb",
                    "a%5cb",
                    "a\\b",
                    "a%255cb",
                    "/host/x",
                    "a//b",
                    "a%00b",
                    "a%0d%0ab",
                    "a%250ab",
                    "a%7fb",
                    "a%c2%85b",
                    "a b",
                    "a\tb",
                    "a\r\nb",
                    "a#b",
                    "a?b",
                    "a%",
                    "a%2",
                    "a%zz",
                    "a%c0%aeb",
                    "%c0%ae%c0%ae/b",
                    "%e0%80%ae/b",
                    "a%ff",
                    "%ef%bc%8e%ef%bc%8e/b",
                    "%e2%80%a5/b",
                    "a%ef%bc%8fb",
                    "a%ef%bc%bcb",
                    "..%20/b",
                    "caf\u00e9",
                    "a\u0000b",
                    "x".repeat(SafePath.MAX_CHARS + 1),
                }) {
            assertThat(SafePath.wrong(path)).as(path).isNotNull();
        }
    }

    @Test
    void aQueryGoesAsItIsButForWhatEndsIt() {
        assertThat(SafePath.wrongQuery("a=b&c=%2e%2e/%0d&d={}|\"<>^`\\")).isNull();
        for (String query :
                new String[] {"a b", "a#b", "a\r\nb", "a\u0000", "\u00e9", "x".repeat(9 << 10)}) {
            assertThat(SafePath.wrongQuery(query)).as(query).isNotNull();
        }
    }
}
