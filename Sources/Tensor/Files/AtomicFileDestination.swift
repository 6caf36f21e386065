package import FoundationEssentials
internal import Glibc

extension AtomicFile {
  /// The final name of a file.
  package struct Destination {
    private let path: String
    /// The permissions of the file to replace.
    private let mode: mode_t?

    package init(_ url: URL) throws(FileError) {
      path = try url.systemPath
      var status = stat()
      guard unsafe lstat(path, &status) == 0 else {
        guard errno == ENOENT else {
          throw SystemError.last.fileError(path, place: "writing", expected: "a name to write to")
        }
        mode = nil
        return
      }
      let isLink = status.st_mode & S_IFMT == S_IFLNK
      // A link to a device or a directory is refused, like its target.
      let leadsIntoProc = isLink && Self.leadsIntoProc(path)
      if isLink, !leadsIntoProc, unsafe stat(path, &status) != 0 {
        mode = nil
        return
      }
      let kind = status.st_mode & S_IFMT
      guard kind == S_IFREG, !leadsIntoProc else {
        let found = kind == S_IFDIR ? "a directory" : "a special file"
        throw FileError(
          file: path, place: "writing", expected: "a regular file or none",
          found: leadsIntoProc ? "a link into /proc" : found)
      }
      mode = isLink ? nil : status.st_mode & 0o7777
    }

    /// An unused name in a directory, for ``probe()``.
    init(directory: String) {
      path = directory + "/.pinion"
      mode = nil
    }

    /// Throws unless a file can be created in the directory; leaves none.
    func probe() throws(FileError) {
      let (temporary, descriptor) = try openTemporary()
      close(descriptor)
      if let temporary { unsafe unlink(temporary) }
    }

    private var directory: Substring { Self.directory(of: path) }

    /// Without a trailing slash.
    private static func directory(of path: String) -> Substring {
      path.lastIndex(of: "/").map { path[..<$0] } ?? "."
    }

    /// Whether a link leads into /proc, itself or by further links. Such a link stands for an open
    /// file, as /dev/stdout does for standard output, even if that is a regular file.
    private static func leadsIntoProc(_ link: String) -> Bool {
      var (proc, status) = (stat(), stat())
      // Without a file system of its own, /proc is an ordinary folder or missing.
      guard unsafe stat("/proc", &proc) == 0, unsafe stat("/", &status) == 0,
        proc.st_dev != status.st_dev
      else { return false }
      var path = link
      // As many links as Linux follows.
      for _ in 0..<40 {
        guard let target = try? FileManager.default.destinationOfSymbolicLink(atPath: path) else {
          return false
        }
        path = target.hasPrefix("/") ? target : "\(directory(of: path))/\(target)"
        // The folder's, since a closed file is none.
        if unsafe stat("\(directory(of: path))/", &status) == 0, status.st_dev == proc.st_dev {
          return true
        }
      }
      return false
    }

    /// Writes a temporary file and renames it; removes it after an error.
    func replace(_ body: (borrowing FileWriter) throws -> Void) throws {
      var (temporary, descriptor) = try openTemporary()
      var isOpen = true
      do {
        try body(FileWriter(descriptor: descriptor, file: path))
        if let mode { try step("setting permissions") { fchmod(descriptor, mode) } }
        try step("syncing") { fsync(descriptor) }
        let named = try temporary ?? name(descriptor)
        temporary = named
        // Linux closes a descriptor even if `close` fails, for example with EINTR.
        isOpen = false
        if close(descriptor) != 0, errno != EINTR {
          throw SystemError.last.fileError(path, place: "closing", expected: "a file on disk")
        }
        try step("renaming the temporary file") { unsafe rename(named, path) }
      } catch {
        if isOpen { close(descriptor) }
        if let temporary { unsafe unlink(temporary) }
        throw error
      }
    }

    /// Makes the rename durable.
    package func syncDirectory() throws(FileError) {
      do throws(SystemError) {
        let descriptor = try SystemError.check {
          unsafe open("\(directory)/", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        }
        defer { close(descriptor) }
        try SystemError.check { fsync(descriptor) }
      } catch {
        // The directory is writable but not readable, or its file system cannot sync directories.
        if [EACCES, EINVAL, ENOTSUP, EROFS].contains(error.code) { return }
        throw error.fileError(path, place: "syncing its directory", expected: "a synced directory")
      }
    }

    /// Opens a temporary file in the directory, without a name if the file system supports that, so
    /// that a killed program leaves nothing.
    private func openTemporary() throws(FileError) -> (path: String?, descriptor: Int32) {
      // O_TMPFILE, which is not imported.
      let descriptor = unsafe open(
        "\(directory)/", O_WRONLY | O_CLOEXEC | O_DIRECTORY | 0o20_000_000, 0o666)
      if descriptor >= 0 {
        if unsafe access(Self.link(to: descriptor), F_OK) == 0 { return (nil, descriptor) }
        close(descriptor)
      }
      return try withFreeName("creating a file beside it", "a directory that takes new files") {
        name throws(SystemError) in
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC
        return (name, try SystemError.check { unsafe open(name, flags, 0o666) })
      }
    }

    /// Gives a file without a name a temporary one.
    private func name(_ descriptor: Int32) throws(FileError) -> String {
      try withFreeName("naming the temporary file", "a file system that can") {
        name throws(SystemError) in
        let link = Self.link(to: descriptor)
        try SystemError.check { unsafe linkat(AT_FDCWD, link, AT_FDCWD, name, AT_SYMLINK_FOLLOW) }
        return name
      }
    }

    /// The path of an open file in /proc.
    private static func link(to descriptor: Int32) -> String { "/proc/self/fd/\(descriptor)" }

    /// Repeats a call with random names until one is free.
    private func withFreeName<Result>(
      _ place: String, _ expected: String, _ call: (String) throws(SystemError) -> Result
    ) throws(FileError) -> Result {
      while true {
        let random = String(UInt64.random(in: .min ... .max), radix: 36)
        do {
          return try call("\(directory)/.pinion-\(random).tmp")
        } catch {
          if error.code == EEXIST { continue }
          throw error.fileError(path, place: place, expected: expected)
        }
      }
    }

    private func step(_ place: String, _ call: () -> Int32) throws(FileError) {
      do {
        try SystemError.check(call)
      } catch {
        throw error.fileError(path, place: place, expected: "success")
      }
    }
  }
}
