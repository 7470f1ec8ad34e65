package dev.holdfast.gateway.server;

import java.nio.file.Path;

/**
 * The listener's certificate. With it, HTTP/2 is offered by ALPN (RFC 7301) beside HTTP/1.1.
 *
 * @param certificate PEM file of the certificate, those that vouch for it after it
 * @param key PEM file of its private key, PKCS#8 or PKCS#1
 */
public record Tls(Path certificate, Path key) {}
