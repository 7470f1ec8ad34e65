/**
 * What a store on a file asks of the file system: names that survive a power cut, and files that
 * only their user may look into. Start reading at {@link dev.holdfast.store.files.PrivateFiles}.
 */
@NullMarked
package dev.holdfast.store.files;

import org.jspecify.annotations.NullMarked;
