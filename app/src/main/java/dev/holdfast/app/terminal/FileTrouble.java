package dev.holdfast.app.terminal;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;

/** What is wrong with a file, in words: the library's exceptions often say its name alone. */
public final class FileTrouble {
    private FileTrouble() {}

    /** The reason without the file's name. */
    public static String words(IOException e) {
        return switch (e) {
            case NoSuchFileException _ -> "there is no such file or folder";
            case AccessDeniedException _ -> "permission denied";
            case FileAlreadyExistsException _ -> "a file is where a folder should be";
            case NotDirectoryException _ -> "a file is where a folder should be";
            case FileSystemException of when of.getReason() != null -> of.getReason();
            default -> e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
        };
    }
}
