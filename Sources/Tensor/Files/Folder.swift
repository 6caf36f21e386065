internal import Glibc

/// Folders in the file system.
package enum Folder {
  /// Makes a folder and those above it that are missing.
  package static func make(_ path: String) throws(FileError) {
    if mkdir(path, 0o777) == 0 { return }
    let reason = errno
    let parent = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
    if reason == ENOENT, !parent.isEmpty {
      try make(parent)
      if mkdir(path, 0o777) == 0 { return }
    }
    var status = stat()
    if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { return }
    throw FileError(
      file: path, place: "making the folder", expected: "a folder to save in",
      found: String(cString: strerror(reason)))
  }
}
