@preconcurrency internal import Glibc

/// The process's standard streams.
enum StandardStreams {
  /// Has the standard output flushed at the end of each line, also into a file or a pipe.
  static func flushEachLine() { setvbuf(stdout, nil, _IOLBF, 0) }

  /// Writes a line to the standard error.
  static func writeError(_ line: String) {
    fflush(nil)
    fputs(line + "\n", stderr)
  }
}
