// Whether a file system makes what is done to it durable in the order in which it was done, so that
// one sync is enough for a message: see docs/mail-store.md, "One sync".
#pragma once

namespace store {

// Whether that can be relied on in the file system of this open folder: an ext4 with a journal of
// its own, in itself. Its journal holds every change of names, times, attributes, sizes and places
// of data, in order; once data has been written (sync_file_range), so has the change that leads to
// it been entered; and no change counts before the disk was told to flush what was written until
// then. False where nobody can tell: without /proc and /sys, or for any other file system.
bool has_journal_in_order(int folder);

}  // namespace store
