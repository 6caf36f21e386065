internal import Foundation
internal import Glibc
internal import PinionTensor

/// The classes of a folder and their files, in an order that does not depend on the disk.
struct ImageFolderListing {
  struct Class {
    let name: String
    /// The class's folder, or several whose names differ only in how accents are composed.
    fileprivate var folders: [SystemPath] = []
    fileprivate(set) var files: [SystemPath] = []
  }

  /// In the order of their names' bytes, accents composed; or as they were asked for.
  private(set) var classes: [Class] = []
  private(set) var skipped: [ImageFolder.SkippedFile] = []
  private let directory: SystemPath
  private let root: FolderIdentity

  /// - Parameter names: The classes in the order of their indices; nil for those that have a folder.
  ///
  /// Throws `FileError` if a folder cannot be read, contains itself, is no class of those asked for, or there is none.
  init(_ directory: SystemPath, classes names: [String]? = nil) throws(FileError) {
    guard let root = try FolderIdentity(directory) else {
      throw FileError(
        file: "\(directory)", place: "opening", expected: "a folder", found: "a file")
    }
    self.directory = directory
    self.root = root
    var found: [Class] = []
    for name in try contents(of: directory) { try add(name, to: &found) }
    guard !found.isEmpty else {
      throw FileError(
        file: "\(directory)", place: "the classes", expected: "a subfolder for each class",
        found: "no subfolder")
    }
    if let names {
      classes = names.map { Class(name: $0) }
      for folder in found {
        guard let index = names.firstIndex(of: folder.name) else {
          throw FileError(
            file: "\(folder.folders[0])", place: "the classes",
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

  private mutating func add(_ name: [UInt8], to found: inout [Class]) throws(FileError) {
    let path = directory.appending(name)
    // A link that leads nowhere, or round in a circle, at the place of a class is no class that may
    // silently be missing.
    guard try FolderIdentity(path) != nil else {
      skipped.append(.init(file: "\(path)", reason: "a file beside the classes' folders"))
      return
    }
    // Two encodings of an accent look alike, and one of them is the name on another disk.
    let text = SystemPath.text(name).precomposedStringWithCanonicalMapping
    guard let index = found.firstIndex(where: { $0.name == text }) else {
      found.append(Class(name: text, folders: [path]))
      return
    }
    guard String(validating: name, as: UTF8.self) != nil else {
      throw FileError(
        file: "\(path)", place: "the classes", expected: "a name of its own",
        found: "that of \(found[index].folders[0])")
    }
    found[index].folders.append(path)
  }

  /// Finds the files of a class, those in subfolders included, each folder once: links can lead to one on more
  /// ways than there are files.
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
        // Links to nowhere are files that cannot be read, and told as such later.
        guard let identity = try? FolderIdentity(path) else {
          files.append(path)
          continue
        }
        guard identity != root, !levels.contains(where: { $0.identity == identity }) else {
          throw FileError(
            file: "\(path)", place: "following the link", expected: "no way back",
            found: "a folder that it lies in")
        }
        guard visited.insert(identity).inserted else {
          skipped.append(.init(file: "\(path)", reason: "a folder that was read before"))
          continue
        }
        levels.append(
          Level(identity: identity, path: path, names: try contents(of: path)[...]))
      }
    }
    return files
  }

  /// What is neither hidden nor left by an operating system, in the order of the names' bytes.
  private mutating func contents(of folder: SystemPath) throws(FileError) -> [[UInt8]] {
    let names: [[UInt8]]
    do {
      names = try folder.contents()
    } catch {
      throw error.fileError(
        "\(folder)", place: "opening", expected: "a folder that can be read")
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

  /// Why a name says that it is no part of the data; nil if it does not.
  private static func reason(_ name: [UInt8]) -> String? {
    if name.first == UInt8(ascii: ".") { return "hidden" }
    return switch String(decoding: name, as: UTF8.self).lowercased() {
    case "__macosx": "a folder of macOS's archives"
    case "thumbs.db", "ehthumbs.db", "desktop.ini": "a file of Windows's desktop"
    default: nil
    }
  }
}

/// A folder that links cannot disguise.
struct FolderIdentity: Hashable {
  private let device: dev_t
  private let inode: ino_t

  /// Nil if the path is something else. Throws `FileError` if it leads nowhere.
  init?(_ path: SystemPath) throws(FileError) {
    var status = stat()
    guard path.withCString({ stat($0, &status) }) == 0 else {
      throw SystemError.last.fileError(
        "\(path)", place: "opening", expected: "a folder or a file")
    }
    guard status.st_mode & S_IFMT == S_IFDIR else { return nil }
    device = status.st_dev
    inode = status.st_ino
  }
}
