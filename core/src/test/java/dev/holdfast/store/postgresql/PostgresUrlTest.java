package dev.holdfast.store.postgresql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.store.postgresql.connection.PostgresUrl;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class PostgresUrlTest {
    @Test
    void oneServerIsRead() {
        PostgresUrl url = PostgresUrl.parse("postgresql://u%40x:p%2Bw+@db/hold?sslmode=require");
        assertThat(url.user()).isEqualTo("u@x");
        assertThat(url.password()).isEqualTo("p+w+");
        assertThat(url.jdbc(url.hosts().getFirst()))
                .isEqualTo("jdbc:postgresql://db/hold?sslmode=require");
        assertThat(url).hasToString("postgresql://db/hold");
    }

    @Test
    void severalServersAreRead() {
        PostgresUrl url = PostgresUrl.parse("postgres://u:p@a:5432,[::1]:5433,10.0.0.1/hold");
        assertThat(url.hosts()).containsExactly("a:5432", "[::1]:5433", "10.0.0.1");
        assertThat(url).hasToString("postgresql://a:5432,[::1]:5433,10.0.0.1/hold");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "mysql://u:p@h/d",
                "postgresql://h",
                "postgresql://h/",
                "postgresql:///d",
                "postgresql://a,,b/d",
                "postgresql://a,b:x/d",
                "postgresql://s3cret#pw@db/d",
                "postgresql://s3cret/pw@db/d",
                "postgresql://a,b,c,d,e,f,g,h,i/d"
            })
    void whatIsNoneIsRefusedWithoutRepeatingIt(String url) {
        assertThatThrownBy(() -> PostgresUrl.parse(url))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageNotContaining("s3cret")
                .hasMessageStartingWith("write postgresql://");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "postgresql://u:p@db.example/h",
                "postgresql://u:p@localhost,db.example/h?sslmode=require",
                "postgresql://u:p@10.0.0.1:5432/h?a=b&sslmode=disable",
                "postgresql://u:p@db.example/h?ssl=false",
                "postgresql://u:p@db.example/h?ssl=true&sslmode=prefer",
                "postgresql://u:p@db.example/h?sslmode=verify-full"
                        + "&sslfactory=org.postgresql.ssl.NonValidatingFactory"
            })
    void aServerThatIsNotVerifiedIsTold(String url) {
        assertThat(PostgresUrl.parse(url).unverified())
                .contains("sslmode=verify-full")
                .doesNotContain("u:p");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "postgresql://u:p@db.example/h?sslmode=verify-full",
                "postgresql://u:p@db.example/h?a=b&sslmode=verify-ca",
                "postgresql://u:p@db.example/h?sslmode=verify%2Dfull",
                "postgresql://u:p@db.example/h?ssl=true",
                "postgresql://u:p@localhost/h",
                "postgresql://u:p@127.0.0.1:5432/h",
                "postgresql://u:p@[::1]/h"
            })
    void oneThatIsVerifiedOrHereIsNot(String url) {
        assertThat(PostgresUrl.parse(url).unverified()).isNull();
    }
}
