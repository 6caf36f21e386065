internal import FoundationEssentials
internal import PinionTensor

/// The records of CIFAR's binary files: for each image its label bytes, then 1024 red, 1024 green and 1024
/// blue bytes, row-major (Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009).
struct CIFARRecords {
  static let imageShape: Shape = [32, 32, 3]
  private static let planeSize = 32 * 32
  private static let imageSize = 3 * planeSize
  /// So many records are read at a time, so that a file is never in memory beside its images.
  private static let recordsPerRead = 128

  /// (N, 32, 32, 3).
  private(set) var pixels: [UInt8] = []
  private(set) var labels: [UInt8] = []

  /// Room for `count` records.
  init(count: Int) {
    // Room costs nothing until it is filled.
    pixels.reserveCapacity(count * Self.imageSize)
    labels.reserveCapacity(count)
  }

  /// Appends the records of a file, with the label that `chosen` stands at.
  ///
  /// Throws `FileError` if the file cannot be read, does not hold exactly `count` records, or has a label
  /// that is not the index of a class.
  mutating func append(
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
