internal import FoundationEssentials
internal import PinionTensor

/// Where the files of a known data set may lie, and where they do.
struct DatasetLocator {
  /// The data set's name as users know it.
  let title: String
  /// The name of its folder.
  let folderName: String
  /// The names of its files, without `.gz`.
  let fileNames: [String]
  /// The Debian package that installs it.
  let package: String

  /// The folders to search when the program names none, in order.
  ///
  /// Variables that hold no absolute path are ignored, as the XDG Base Directory Specification asks.
  func standardFolders(environment: [String: String]) -> [URL] {
    func path(_ name: String) -> URL? {
      guard let value = environment[name], value.hasPrefix("/") else { return nil }
      return URL(filePath: value, directoryHint: .isDirectory)
    }
    var folders: [URL] = []
    if let root = path("PINION_DATASETS") {
      // The subfolder first: MNIST's files have the same names and may lie in the folder itself.
      folders += [root.appending(path: folderName), root]
    }
    if let cache = path("XDG_CACHE_HOME") ?? path("HOME")?.appending(path: ".cache") {
      folders.append(cache.appending(path: "pinion").appending(path: folderName))
    }
    return folders + [URL(filePath: "/usr/share/datasets").appending(path: folderName)]
  }

  /// The data set's files, in the order of ``fileNames``, in `directory` or else the first standard folder with any of them.
  ///
  /// Throws ``DatasetNotFound`` if no folder has any, `FileError` if that folder lacks some.
  func locate(in directory: URL?, environment: [String: String]) throws -> [URL] {
    let folders = directory.map { [$0] } ?? standardFolders(environment: environment)
    for folder in folders {
      let found = fileNames.map { file($0, in: folder) }
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
        "apt-get install \(package)",
        "--data DIR, where the program has that option: the folder with the files",
        "$PINION_DATASETS: a folder with them, or with the subfolder \(folderName)",
      ])
  }

  /// A file's URL, packed rather than plain because that is how the data are published and their checksums known.
  private func file(_ name: String, in folder: URL) -> URL? {
    [name + ".gz", name].map { folder.appending(path: $0) }
      .first { FileManager.default.fileExists(atPath: $0.path) }
  }
}
