internal import Foundation
internal import Glibc
internal import PinionTensor

/// The classes of a folder and their files, in an order that does not depend on the disk.
struct ImageFolderListing {
  struct Class {
    let name: String
    let url: URL
    let files: [URL]
  }

  /// A folder that links cannot disguise.
  private struct Identity: Hashable {
    let device: dev_t
    let inode: ino_t
  }

  let classes: [Class]

  /// Throws `FileError` if a folder cannot be read, contains itself, or there is no class.
  init(_ directory: URL) throws(FileError) {
    guard let root = try Self.identity(of: directory) else {
      throw FileError(
        file: directory.path, place: "opening", expected: "a folder", found: "a file")
    }
    var classes: [Class] = []
    for url in try Self.contents(of: directory) {
      // A link that leads nowhere, or round in a circle, at the place of a class is no class that may
      // silently be missing.
      guard let identity = try Self.identity(of: url) else { continue }
      var files: [URL] = []
      try Self.collect(url, within: [root, identity], into: &files)
      classes.append(Class(name: url.lastPathComponent, url: url, files: files))
    }
    guard !classes.isEmpty else {
      throw FileError(
        file: directory.path, place: "the classes", expected: "a subfolder for each class",
        found: "no subfolder")
    }
    self.classes = classes
  }

  private static func collect(
    _ folder: URL, within outer: Set<Identity>, into files: inout [URL]
  ) throws(FileError) {
    for url in try contents(of: folder) {
      // Links to nowhere are files that cannot be read, and told as such later.
      guard let identity = try? identity(of: url) else {
        files.append(url)
        continue
      }
      guard !outer.contains(identity) else {
        throw FileError(
          file: url.path, place: "following the link", expected: "no way back",
          found: "a folder that it lies in")
      }
      try collect(url, within: outer.union([identity]), into: &files)
    }
  }

  /// What is not hidden, in the order of the names' bytes.
  private static func contents(of folder: URL) throws(FileError) -> [URL] {
    do {
      return try FileManager.default.contentsOfDirectory(atPath: folder.path)
        .filter { !$0.hasPrefix(".") }
        .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        .map { folder.appending(path: $0) }
    } catch {
      throw FileError(
        file: folder.path, place: "opening", expected: "a folder that can be read",
        found: error.localizedDescription)
    }
  }

  /// Which folder it is; nil if it is something else.
  private static func identity(of url: URL) throws(FileError) -> Identity? {
    var status = stat()
    guard stat(url.path, &status) == 0 else {
      throw SystemError.last.fileError(url.path, place: "opening", expected: "a folder or a file")
    }
    guard status.st_mode & S_IFMT == S_IFDIR else { return nil }
    return Identity(device: status.st_dev, inode: status.st_ino)
  }
}
