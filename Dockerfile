# Holdfast with a Java runtime of its own (jlink), an AOT cache that this very runtime made, and nothing else of a system
# than the C library and a shell. Not root; needs no file system but /data to be writable.
#
#   docker build -t holdfast . && docker compose up       (compose.yaml has the details)

# The base images, here alone. A release names them by digest (docs/operations.md, "What is in it").
ARG JDK=eclipse-temurin:25-jdk
ARG SYSTEM=debian:bookworm-slim

FROM ${JDK} AS build
WORKDIR /src
# The dependencies are a layer of their own: it stays while no pom changes.
COPY mvnw pom.xml ./
COPY .mvn .mvn
COPY core/pom.xml core/
COPY http/pom.xml http/
COPY gateway/pom.xml gateway/
COPY rates/pom.xml rates/
COPY simulator/pom.xml simulator/
COPY app/pom.xml app/
COPY browser/pom.xml browser/
ARG MAVEN="./mvnw -B -ntp -q -Pquick -Dmaven.test.skip=true -Djacoco.skip=true -Dspotless.check.skip=true -pl app -am package"
RUN $MAVEN
COPY . .
RUN $MAVEN
RUN packaging/image/assemble /opt/holdfast

FROM ${SYSTEM} AS system
COPY --from=build /opt/holdfast /opt/holdfast
COPY packaging/image/gather /gather
RUN /gather /image

FROM scratch
LABEL org.opencontainers.image.title="Holdfast" \
      org.opencontainers.image.description="Stands between programs and a slow, failing, quota-limited HTTP API, and keeps its promises." \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=system /image /
COPY --from=system --chown=10001:10001 /empty /data
COPY --from=build /opt/holdfast /opt/holdfast
ENV PATH=/opt/holdfast:/bin \
    LANG=C.UTF-8 \
    HOLDFAST_SERVER_HOST=0.0.0.0 \
    HOLDFAST_SERVER_FIRST_KEY=/data/admin.key
USER 10001:10001
WORKDIR /
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=5s --timeout=3s --start-period=30s --retries=3 CMD ["healthy"]
ENTRYPOINT ["holdfast"]
CMD ["serve"]
