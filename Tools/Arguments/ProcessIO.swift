// Without Foundation, which re-exports Glibc without `@preconcurrency`: C declares `stdout` and
// `stderr` as mutable global variables.
internal import ArgumentParser
@preconcurrency internal import Glibc
internal import PinionTensor

/// Detects arguments that are not UTF-8: `CommandLine.arguments` contains replacement characters
/// for such bytes, and files would be written under different names.
public enum CommandLineEncoding {
  /// - Throws: `ValidationError` for the first argument that is not UTF-8, or if the path of the
  ///   current folder is not.
  public static func validate() throws {
    for index in 1..<max(1, Int(CommandLine.argc)) {
      guard let argument = CommandLine.unsafeArgv[index] else { continue }
      try validate(
        "argument \(index)", UnsafeRawBufferPointer(start: argument, count: strlen(argument)))
    }
    guard let folder = getcwd(nil, 0) else { return }
    defer { free(folder) }
    try validate("current folder", UnsafeRawBufferPointer(start: folder, count: strlen(folder)))
  }

  /// - Throws: `ValidationError` if the bytes are not UTF-8, with those bytes as `\xE9`.
  static func validate(_ name: String, _ bytes: UnsafeRawBufferPointer) throws {
    guard String(validating: bytes, as: UTF8.self) == nil else { return }
    throw ValidationError(
      "\(name): expected UTF-8, found \(SystemPath.text(Array(bytes))). Nothing was written.")
  }
}

enum StandardStreams {
  /// Makes standard output line-buffered, also in files and pipes, and writes beyond the limit of
  /// files' sizes errors (EFBIG) instead of the silent end of the process. Opens streams that the
  /// parent process has closed: the first files that the program opens would have their numbers,
  /// and receive the lines and warnings.
  static func prepare() {
    for stream in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(stream, F_GETFD) < 0 {
      // The lowest free number, which is the stream's.
      _ = open("/dev/null", O_RDWR)
    }
    setvbuf(stdout, nil, _IOLBF, 0)
    signal(SIGXFSZ, SIG_IGN)
  }

  /// Throws `FileError` if lines printed to standard output were lost, such as on a full disk. A
  /// pipe that its reader has closed is no error: the reader has what it needs.
  static func requireOutput() throws(FileError) {
    fflush(stdout)
    // Of any write since the start; its reason is no longer known.
    guard ferror(stdout) != 0 else { return }
    var output = pollfd(fd: STDOUT_FILENO, events: 0, revents: 0)
    if poll(&output, 1, 0) > 0, Int32(output.revents) & POLLERR != 0 { return }
    throw FileError(
      file: "standard output", place: "writing", expected: "room for all lines",
      found: "an error, by which lines are lost")
  }

  /// Writes a line to standard error.
  static func writeError(_ line: String) {
    fflush(nil)
    fputs(line + "\n", stderr)
  }
}
