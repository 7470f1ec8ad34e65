package dev.holdfast.app.yaml;

import java.util.Collection;
import java.util.Locale;
import java.util.Optional;

/** Finds the word that was probably meant. */
public final class DidYouMean {
    /** A guess is made when at most this share of the longer word differs. */
    private static final double MAX_DISTANCE_SHARE = 0.4;

    private DidYouMean() {}

    public static Optional<String> among(Collection<String> known, String given) {
        String best = null;
        double bestShare = MAX_DISTANCE_SHARE;
        for (String word : known) {
            double share =
                    (double) distance(plain(given), plain(word))
                            / Math.max(1, Math.max(given.length(), word.length()));
            if (share <= bestShare && (best == null || share < bestShare)) {
                best = word;
                bestShare = share;
            }
        }
        return Optional.ofNullable(best);
    }

    private static String plain(String word) {
        return word.toLowerCase(Locale.ROOT).replace("-", "").replace("_", "");
    }

    /** Edits that turn one word into the other; a swap of neighbours counts as one. */
    private static int distance(String a, String b) {
        int[][] d = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            for (int j = 0; j <= b.length(); j++) {
                if (i == 0 || j == 0) {
                    d[i][j] = i + j;
                    continue;
                }
                int same = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
                d[i][j] =
                        Math.min(
                                Math.min(d[i - 1][j] + 1, d[i][j - 1] + 1), d[i - 1][j - 1] + same);
                if (i > 1
                        && j > 1
                        && a.charAt(i - 1) == b.charAt(j - 2)
                        && a.charAt(i - 2) == b.charAt(j - 1)) {
                    d[i][j] = Math.min(d[i][j], d[i - 2][j - 2] + 1);
                }
            }
        }
        return d[a.length()][b.length()];
    }
}
