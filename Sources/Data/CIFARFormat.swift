package import FoundationEssentials
package import PinionTensor

/// A data set in the binary format of CIFAR-10 and CIFAR-100.
package struct CIFARFormat {
  /// A file and the number of its records.
  package struct Part {
    let name: String
    let count: Int

    package init(name: String, count: Int) {
      (self.name, self.count) = (name, count)
    }
  }

  let title: String
  let folderName: String
  let archive: String
  /// The data set's name on the command line of `pinion-datasets`.
  let downloadName: String
  let training: [Part]
  let test: Part
  /// The label bytes of a record, in order.
  let labels: [CIFARLabel]

  package init(
    title: String, folderName: String, archive: String, downloadName: String, training: [Part],
    test: Part, labels: [CIFARLabel]
  ) {
    (self.title, self.folderName, self.archive) = (title, folderName, archive)
    (self.downloadName, self.training, self.test) = (downloadName, training, test)
    self.labels = labels
  }

  private var locator: DatasetLocator {
    DatasetLocator(
      title: title, folderName: folderName, fileNames: (training + [test]).map(\.name),
      provision:
        "pinion-datasets download \(downloadName), or https://www.cs.toronto.edu/~kriz/\(archive), "
        + "unpacked in a folder searched, such as ~/.cache/pinion")
  }

  /// Throws ``DatasetNotFound`` if no folder has the files, `FileError` if some are missing.
  func files(in directory: (any FileLocation)?) throws -> DatasetFiles {
    let urls = try locator.locate(
      in: directory, environment: ProcessInfo.processInfo.environment)
    return DatasetFiles(
      training: Array(urls.prefix(training.count)), test: Array(urls.suffix(1)))
  }

  /// Images (32, 32, 3) with the label at index `chosen` of ``labels``.
  ///
  /// Throws ``DatasetNotFound`` if no folder has the files, `FileError` if one is missing or
  /// broken.
  package func load(
    from directory: (any FileLocation)?, label chosen: Int = 0
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
package struct CIFARLabel {
  /// For error messages, such as `fine label`.
  let name: String
  let classNames: [String]
  /// The file of the class names, one a line, in the same folder as the images.
  let namesFile: String

  package init(name: String, classNames: [String], namesFile: String) {
    self.name = name
    self.classNames = classNames
    self.namesFile = namesFile
  }

  /// Throws `FileError` if `folder` has a file of names that are not ``classNames``.
  package func checkNames(in folder: URL) throws(FileError) {
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

/// The records of CIFAR's binary files: for each image its label bytes, then 1024 red, 1024 green
/// and 1024 blue bytes, row-major (Krizhevsky, "Learning Multiple Layers of Features from Tiny
/// Images", 2009).
package struct CIFARRecords {
  static let imageShape: Shape = [32, 32, 3]
  private static let planeSize = 32 * 32
  private static let imageSize = 3 * planeSize
  /// Bounds the memory for records that are not converted yet.
  private static let recordsPerRead = 128

  /// (N, 32, 32, 3).
  package private(set) var pixels: [UInt8] = []
  package private(set) var labels: [UInt8] = []

  /// Reserves room for `count` records.
  package init(count: Int) {
    pixels.reserveCapacity(count * Self.imageSize)
    labels.reserveCapacity(count)
  }

  /// Appends the records of a file, with the label at index `chosen` of `fields`.
  ///
  /// Throws `FileError` if the file cannot be read, does not hold exactly `count` records, or has a
  /// label that is not the index of a class.
  package mutating func append(
    _ file: URL, count: Int, fields: [CIFARLabel], chosen: Int
  ) throws(FileError) {
    let reader = try GzipReader(file)
    let size = fields.count + Self.imageSize
    var done = 0
    while done < count {
      let wanted = min(Self.recordsPerRead, count - done)
      let bytes = try reader.read(upTo: wanted * size)
      guard bytes.count == wanted * size else {
        throw FileError(
          file: file.path, place: "record \(done + bytes.count / size)",
          expected: "\(size) bytes, as in each of \(count) records",
          found: "\(bytes.count % size)")
      }
      pixels.append(contentsOf: repeatElement(0, count: wanted * Self.imageSize))
      for record in 0..<wanted {
        let start = record * size
        try check(bytes[start..<start + fields.count], fields, record: done + record, of: file)
        PixelKernel.interleave(
          bytes, from: start + fields.count, planes: 3, planeSize: Self.planeSize,
          into: &pixels, at: labels.count * Self.imageSize)
        labels.append(bytes[start + chosen])
      }
      done += wanted
    }
    try reader.expectEnd(place: "after \(count) records of \(size) bytes")
  }

  private func check(
    _ labels: ArraySlice<UInt8>, _ fields: [CIFARLabel], record: Int, of file: URL
  ) throws(FileError) {
    for (label, field) in zip(labels, fields) where label >= field.classNames.count {
      throw FileError(
        file: file.path, place: "the \(field.name) of record \(record)",
        expected: "0...\(field.classNames.count - 1)", found: "\(label)")
    }
  }
}
