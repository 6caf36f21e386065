public import FoundationEssentials
internal import Glibc
internal import PinionTensor

/// Where the files of a known data set may lie, and where they do.
struct DatasetLocator {
  /// The data set's name as users know it.
  let title: String
  /// The name of its folder.
  let folderName: String
  /// The names of its files, without `.gz`.
  let fileNames: [String]
  /// How a user gets the files into one of the standard folders.
  let provision: String

  /// The folders to search when the program names none, in order.
  ///
  /// Variables that hold no absolute path are ignored, as the XDG Base Directory Specification asks.
  func standardFolders(environment: [String: String]) -> [URL] {
    var folders =
      DatasetCache.folder(named: "PINION_DATASETS", environment).map { places(in: $0) } ?? []
    if let cache = DatasetCache.folder(environment: environment) {
      folders.append(cache.appending(path: folderName))
    }
    return folders + [URL(filePath: "/usr/share/datasets").appending(path: folderName)]
  }

  /// The subfolder comes first: MNIST's files have the same names as its successors' and may lie in the
  /// folder itself.
  private func places(in root: URL) -> [URL] { [root.appending(path: folderName), root] }

  /// The data set's files, in the order of ``fileNames``, in `directory` or its subfolder, or else the
  /// first standard folder with any of them.
  ///
  /// Throws ``DatasetNotFound`` if no folder has any, `FileError` if that folder lacks some.
  func locate(in directory: URL?, environment: [String: String]) throws -> [URL] {
    let folders =
      directory.map { places(in: $0) } ?? standardFolders(environment: environment)
    for folder in folders {
      let found = fileNames.map { Self.file($0, in: folder) }
      guard found.contains(where: { $0 != nil }) else { continue }
      return try zip(fileNames, found).map { name, url in
        guard let url else {
          throw FileError(
            file: folder.appending(path: name).path, place: "opening",
            expected: "this file, with or without .gz, beside the others of \(title)",
            found: "no such file")
        }
        return url
      }
    }
    throw DatasetNotFound(
      dataset: title, files: fileNames, searched: folders.map(\.path),
      remedies: [
        provision,
        "--data DIR, where the program has that option: the folder with the files, or with the "
          + "subfolder \(folderName)",
        "$PINION_DATASETS: a folder with them, or with the subfolder \(folderName)",
      ])
  }

  /// A file's URL, packed rather than plain because that is how the data are published and their checksums
  /// known; nil if there is none.
  static func file(_ name: String, in folder: URL) -> URL? {
    [name + ".gz", name].map { folder.appending(path: $0) }
      .first { url in
        (try? SystemPath(url))?.withCString { access($0, F_OK) == 0 } ?? false
      }
  }
}

/// Where the files of a known data set were found.
public struct DatasetFiles: Sendable, Equatable {
  /// The files to learn from, in the order in which they are read; images before their labels.
  public let training: [URL]
  /// The files to measure on, likewise.
  public let test: [URL]

  /// All files with images or labels, the training files first. Files of class names are not among them.
  public var all: [URL] { training + test }
}

/// Where downloaded data sets lie, each in a subfolder.
package enum DatasetCache {
  /// `pinion` in `$XDG_CACHE_HOME` or else in `~/.cache`; nil if neither has an absolute path.
  package static func folder(environment: [String: String]) -> URL? {
    let cache =
      folder(named: "XDG_CACHE_HOME", environment)
      ?? folder(named: "HOME", environment)?.appending(path: ".cache")
    return cache?.appending(path: "pinion", directoryHint: .isDirectory)
  }

  /// The folder in a variable; nil if it holds no absolute path in UTF-8. Other bytes have become replacement
  /// characters, and files would lie in a folder of another name.
  static func folder(named variable: String, _ environment: [String: String]) -> URL? {
    guard let value = environment[variable], value.hasPrefix("/"), !value.contains("\u{fffd}")
    else { return nil }
    return URL(filePath: value, directoryHint: .isDirectory)
  }
}

/// No folder holds a data set's files.
public struct DatasetNotFound: Error, Sendable, Equatable, CustomStringConvertible {
  /// The data set's name.
  public let dataset: String
  /// The files that were looked for; each may also end in `.gz`.
  public let files: [String]
  /// The folders searched, in order.
  public let searched: [String]
  /// What a user can do about it.
  public let remedies: [String]

  /// Several lines: the folders searched, the files looked for, and the remedies.
  public var description: String {
    let places = searched.map { "\n  \($0)" }.joined()
    let ways = remedies.map { "\n  - \($0)" }.joined()
    let text = """
      \(dataset) was not found. Folders searched:\(places)
      Files looked for, each with or without .gz: \(files.joined(separator: ", ")).
      Ways to provide them:\(ways)
      """
    return PrintableText.escaped(text, keepsLines: true)
  }
}
