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

  /// Whether there is a folder of that path.
  package static func exists(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// Throws unless there is a folder that takes new files, or ``make(_:)`` could make it; leaves nothing.
  package static func checkMakeable(_ path: String) throws(FileError) {
    var folder = path
    var status = stat()
    while stat(folder, &status) != 0, errno == ENOENT, folder != "/" {
      guard let slash = folder.lastIndex(of: "/") else {
        folder = "."
        break
      }
      folder = slash == folder.startIndex ? "/" : String(folder[..<slash])
    }
    guard exists(folder) else {
      throw FileError(
        file: path, place: "making the folder", expected: "a folder to save in",
        found: "\(folder), which is none")
    }
    try AtomicFile.Destination(directory: folder).probe()
  }
}
