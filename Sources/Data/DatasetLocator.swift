internal import FoundationEssentials
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
