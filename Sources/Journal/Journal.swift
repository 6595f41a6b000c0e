// The append-only journal.
