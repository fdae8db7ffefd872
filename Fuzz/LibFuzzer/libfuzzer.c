/* SwiftPM wants a source in a C target; this one is its header. */
