internal import FoundationEssentials
internal import PinionTensor

/// A data set in the binary layout that CIFAR-10 and CIFAR-100 are published in.
struct CIFARFormat {
  /// The name of a file and the number of its records.
  struct Part {
    let name: String
    let count: Int
  }

  let title: String
  let folderName: String
  let archive: String
  /// The name that the downloader knows it by.
  let downloadName: String
  let training: [Part]
  let test: Part
  /// The label bytes of a record, in their order.
  let labels: [CIFARLabel]

  private var locator: DatasetLocator {
    DatasetLocator(
      title: title, folderName: folderName, fileNames: (training + [test]).map(\.name),
      provision:
        "pinion-datasets download \(downloadName), or https://www.cs.toronto.edu/~kriz/\(archive), "
        + "unpacked in a folder searched, such as ~/.cache/pinion")
  }

  /// Throws ``DatasetNotFound`` if the files are nowhere, `FileError` if some are missing.
  func files(in directory: URL?) throws -> DatasetFiles {
    let urls = try locator.locate(
      in: directory, environment: ProcessInfo.processInfo.environment)
    return DatasetFiles(
      training: Array(urls.prefix(training.count)), test: Array(urls.suffix(1)))
  }

  /// Images (32, 32, 3) with the label at the position `chosen` of ``labels``.
  ///
  /// Throws ``DatasetNotFound`` if the files are nowhere, `FileError` if one is missing or broken.
  func load(
    from directory: URL?, label chosen: Int = 0
  ) throws -> (train: ImageDataset, test: ImageDataset) {
    let files = try files(in: directory)
    for label in labels {
      try label.checkNames(in: files.test[0].deletingLastPathComponent())
    }
    return try (
      load(files.training, training, chosen),
      load(files.test, [test], chosen)
    )
  }

  private func load(_ files: [URL], _ parts: [Part], _ chosen: Int) throws -> ImageDataset {
    var records = CIFARRecords(count: parts.reduce(0) { $0 + $1.count })
    for (file, part) in zip(files, parts) {
      try records.append(file, count: part.count, fields: labels, chosen: chosen)
    }
    return try ImageDataset(
      pixels: records.pixels, imageShape: CIFARRecords.imageShape, labels: records.labels,
      classNames: labels[chosen].classNames)
  }
}

/// One of the label bytes at the start of each record of a CIFAR file.
struct CIFARLabel {
  /// As in `fine label`.
  let name: String
  /// The classes' names in the order of their indices.
  let classNames: [String]
  /// The file of the names, one a line, that lies beside the images.
  let namesFile: String

  /// Throws `FileError` unless the names in `folder` are ``classNames``, or no file is there.
  func checkNames(in folder: URL) throws(FileError) {
    guard let url = DatasetLocator.file(namesFile, in: folder) else { return }
    let reader = try GzipReader(url)
    let text = String(decoding: try reader.read(upTo: 1 << 16), as: UTF8.self)
    try reader.expectEnd(place: "after the names")
    let names = text.split(whereSeparator: \.isNewline).map(String.init)
    guard names.count == classNames.count else {
      throw FileError(
        file: url.path, place: "the names", expected: "\(classNames.count)",
        found: "\(names.count)")
    }
    for (index, (name, expected)) in zip(names, classNames).enumerated() where name != expected {
      throw FileError(
        file: url.path, place: "name \(index)", expected: "\"\(expected)\"", found: "\"\(name)\"")
    }
  }
}
