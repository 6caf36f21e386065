package import FoundationEssentials
internal import Glibc
internal import PinionTensor

/// Finds the files of a known data set.
struct DatasetLocator {
  /// The data set's name, for error messages.
  let title: String
  let folderName: String
  /// Without `.gz`.
  let fileNames: [String]
  /// Instructions to obtain the files, for error messages.
  let provision: String

  /// The folders to search if no directory is given, in order.
  ///
  /// Variables without an absolute path are ignored, as the XDG Base Directory Specification
  /// requires.
  func standardFolders(environment: [String: String]) -> [URL] {
    var folders =
      DatasetCache.folder(named: "PINION_DATASETS", environment).map { places(in: $0) } ?? []
    if let cache = DatasetCache.folder(environment: environment) {
      folders.append(cache.appending(path: folderName))
    }
    return folders + [URL(filePath: "/usr/share/datasets").appending(path: folderName)]
  }

  /// The subfolder comes first: the folder itself may hold another data set whose files have the
  /// same names, such as MNIST's and its successors'.
  private func places(in root: URL) -> [URL] { [root.appending(path: folderName), root] }

  /// The data set's files in the order of ``fileNames``: in `directory` or its subfolder if given,
  /// otherwise in the first standard folder that has any of them.
  ///
  /// Throws ``DatasetNotFound`` if no folder has any, `FileError` if that folder lacks some.
  func locate(in directory: (any FileLocation)?, environment: [String: String]) throws -> [URL] {
    let folders =
      directory.map { places(in: $0.fileURL) } ?? standardFolders(environment: environment)
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
      dataset: title, files: fileNames, searched: folders.map(SystemPath.text),
      remedies: [
        provision,
        "--data DIR, where the program has that option: the folder with the files, or with the "
          + "subfolder \(folderName)",
        "$PINION_DATASETS: the absolute path of a folder with them, or with the subfolder "
          + folderName,
      ])
  }

  /// The URL of a file, nil if it does not exist. The packed file is preferred, since the published
  /// checksums are those of packed files.
  static func file(_ name: String, in folder: URL) -> URL? {
    [name + ".gz", name].map { folder.appending(path: $0) }
      .first { url in
        unsafe (try? SystemPath(url))?.withCString { unsafe access($0, F_OK) == 0 } ?? false
      }
  }
}

/// The files of a known data set.
package struct DatasetFiles: Sendable, Equatable {
  /// In the order in which they are read; images before their labels.
  package let training: [URL]
  /// In the order in which they are read; images before their labels.
  package let test: [URL]

  /// ``training`` and ``test``. Files of class names are not included.
  package var all: [URL] { training + test }
}

/// The folder of downloaded data sets, each in a subfolder.
package enum DatasetCache {
  /// `pinion` in `$XDG_CACHE_HOME` or else in `~/.cache`; nil if neither is an absolute path.
  package static func folder(environment: [String: String]) -> URL? {
    let cache =
      folder(named: "XDG_CACHE_HOME", environment)
      ?? folder(named: "HOME", environment)?.appending(path: ".cache")
    return cache?.appending(path: "pinion", directoryHint: .isDirectory)
  }

  /// The folder in an environment variable; nil unless it is an absolute path.
  static func folder(named variable: String, _ environment: [String: String]) -> URL? {
    guard let value = environment[variable], value.hasPrefix("/") else { return nil }
    // Foundation replaces bytes that are not UTF-8, which would name another folder.
    guard value.contains("\u{fffd}") else {
      return URL(filePath: value, directoryHint: .isDirectory)
    }
    guard let bytes = unsafe getenv(variable) else { return nil }
    return unsafe SystemPath.url(
      ofFolder: UnsafeRawBufferPointer(start: bytes, count: strlen(bytes)))
  }
}

/// None of the folders searched has a data set's files.
public struct DatasetNotFound: Error, Sendable, Equatable, CustomStringConvertible {
  public let dataset: String
  /// The files searched for, each with or without `.gz`.
  public let files: [String]
  public let searched: [String]
  /// Ways to provide the files.
  public let remedies: [String]

  /// Several lines: the folders, the files and the remedies.
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
