package dev.holdfast.rates.feed;

final class Feed {
    private Feed() {}
}
