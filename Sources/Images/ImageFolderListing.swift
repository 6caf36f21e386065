internal import Foundation
internal import Glibc
internal import PinionTensor

/// The classes of a folder and their files, in an order that does not depend on the file system.
struct ImageFolderListing {
  struct Class {
    let name: String
    /// The class's folder, or several whose names differ only in Unicode normalization.
    fileprivate var folders: [SystemPath] = []
    fileprivate(set) var files: [SystemPath] = []
  }

  /// In the order of the normalized names' bytes, or in the requested order.
  private(set) var classes: [Class] = []
  private(set) var skipped: [ImageFolder.SkippedFile] = []
  private let directory: SystemPath
  private let root: FolderIdentity

  /// - Parameter names: Class names in the order of their indices; nil for the subfolders' names.
  ///
  /// - Throws: `FileError` if a folder cannot be read, contains itself, or is not a requested
  ///   class, or if there are no subfolders.
  init(_ directory: SystemPath, classes names: [String]? = nil) throws(FileError) {
    guard let root = try FolderIdentity(directory) else {
      throw FileError(
        file: "\(directory)", place: "opening", expected: "a folder", found: "a file")
    }
    self.directory = directory
    self.root = root
    var found: [Class] = []
    var positions: [String: Int] = [:]
    for name in try contents(of: directory) { try add(name, to: &found, &positions) }
    guard !found.isEmpty else {
      throw FileError(
        file: "\(directory)", place: "classes", expected: "a subfolder for each class",
        found: "no subfolder")
    }
    if let names {
      classes = names.map { Class(name: $0) }
      let indices = Dictionary(names.enumerated().map { ($1, $0) }, uniquingKeysWith: min)
      for folder in found {
        guard let index = indices[folder.name] else {
          throw FileError(
            file: "\(folder.folders[0])", place: "classes",
            expected: "one of \(names.joined(separator: ", "))",
            found: folder.name.debugDescription)
        }
        classes[index].folders = folder.folders
      }
    } else {
      classes = found.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }
    for index in classes.indices {
      classes[index].files = try files(in: classes[index].folders)
    }
  }

  /// - Parameter positions: The index of each class by its name.
  private mutating func add(
    _ name: [UInt8], to found: inout [Class], _ positions: inout [String: Int]
  ) throws(FileError) {
    let path = directory.appending(name)
    // A broken or cyclic link in place of a class throws, because a class must not be missing
    // silently.
    guard try FolderIdentity(path) != nil else {
      skipped.append(.init(file: "\(path)", reason: "a file outside of class folders"))
      return
    }
    // Different normalizations of a name look alike, and file systems differ in the one that they
    // store.
    let text = SystemPath.text(name).precomposedStringWithCanonicalMapping
    guard let index = positions[text] else {
      positions[text] = found.count
      found.append(Class(name: text, folders: [path]))
      return
    }
    guard String(validating: name, as: UTF8.self) != nil else {
      throw FileError(
        file: "\(path)", place: "classes", expected: "a unique name",
        found: "the name of \(found[index].folders[0])")
    }
    found[index].folders.append(path)
  }

  /// Lists the files of a class, including those in nested folders. Each folder is visited once,
  /// because links may lead to it by exponentially many paths.
  private mutating func files(in folders: [SystemPath]) throws(FileError) -> [SystemPath] {
    struct Level {
      let identity: FolderIdentity
      let path: SystemPath
      var names: ArraySlice<[UInt8]>
    }
    var files: [SystemPath] = []
    var visited: Set<FolderIdentity> = [root]
    for folder in folders {
      guard let identity = try FolderIdentity(folder) else { continue }
      visited.insert(identity)
      var levels = [
        Level(identity: identity, path: folder, names: try contents(of: folder)[...])
      ]
      while let last = levels.indices.last {
        guard let name = levels[last].names.popFirst() else {
          levels.removeLast()
          continue
        }
        let path = levels[last].path.appending(name)
        // Broken links are listed as files and reported as unreadable later.
        guard let identity = try? FolderIdentity(path) else {
          files.append(path)
          continue
        }
        guard identity != root, !levels.contains(where: { $0.identity == identity }) else {
          throw FileError(
            file: "\(path)", place: "link", expected: "no cycle",
            found: "a link to a containing folder")
        }
        guard visited.insert(identity).inserted else {
          skipped.append(.init(file: "\(path)", reason: "a folder read before"))
          continue
        }
        levels.append(
          Level(identity: identity, path: path, names: try contents(of: path)[...]))
      }
    }
    return files
  }

  /// Entries that are neither hidden nor operating-system files, in the order of the names' bytes.
  private mutating func contents(of folder: SystemPath) throws(FileError) -> [[UInt8]] {
    let names: [[UInt8]]
    do {
      names = try folder.contents()
    } catch {
      throw error.fileError(
        "\(folder)", place: "opening", expected: "a readable folder")
    }
    var kept: [[UInt8]] = []
    for name in names {
      if let reason = Self.reason(name) {
        skipped.append(.init(file: "\(folder.appending(name))", reason: reason))
      } else {
        kept.append(name)
      }
    }
    return kept
  }

  /// The reason to skip an entry because of its name; nil if there is none.
  private static func reason(_ name: [UInt8]) -> String? {
    if name.first == UInt8(ascii: ".") { return "hidden" }
    return switch String(decoding: name, as: UTF8.self).lowercased() {
    case "__macosx": "macOS archive metadata"
    case "thumbs.db", "ehthumbs.db", "desktop.ini": "Windows folder metadata"
    default: nil
    }
  }
}

/// The identity of a folder, independent of links.
struct FolderIdentity: Hashable {
  private let device: dev_t
  private let inode: ino_t

  /// Nil if the path is not a folder.
  ///
  /// - Throws: `FileError` if the path does not exist.
  init?(_ path: SystemPath) throws(FileError) {
    var status = stat()
    guard unsafe path.withCString({ unsafe stat($0, &status) }) == 0 else {
      throw SystemError.last.fileError(
        "\(path)", place: "opening", expected: "a folder or a file")
    }
    guard status.st_mode & S_IFMT == S_IFDIR else { return nil }
    device = status.st_dev
    inode = status.st_ino
  }
}
