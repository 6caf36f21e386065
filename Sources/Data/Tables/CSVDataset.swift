internal import FoundationEssentials
public import PinionTensor

/// The rows of a CSV file (RFC 4180): numbers and categories as an input, and a target.
///
/// ```swift
/// let flats = try CSVDataset(
///   contentsOf: "flats.csv",
///   features: [.number("area"), .number("year", missing: .mean), .category("district")],
///   target: .number("price"))
/// let test = try CSVDataset(
///   contentsOf: "test.csv", features: flats.features, target: flats.target)
/// ```
/// Fields may be in double quotes, which are doubled inside; lines end with LF, CRLF or CR, and
/// empty ones are skipped. Files are read as UTF-8, and may be compressed by gzip.
public struct CSVDataset: Dataset {
  /// The bytes of text that a byte of a file may unpack to, and those for a byte of numbers and
  /// categories. Tables seldom compress more; empty lines, and columns that are not used, may a
  /// thousandfold, and would take time alone.
  private static let (textPerFileByte, textPerByte) = (64, 4)

  /// The default contents of missing fields.
  public static let missingMarkers: Set<String> = ["", "NA", "N/A", "NaN", "nan", "null"]

  /// The columns of the input as they were read: with categories and means, for other files.
  public let features: [CSVColumn]
  /// The column of the target as it was read.
  public let target: CSVColumn
  /// The name of each number of the input: `area`, and `district=north` for each category.
  public let featureNames: [String]

  public let count: Int
  public let inputShape: Shape
  public let targetShape: Shape
  /// The categories of the target.
  public let classNames: [String]?

  private let rows: CSVRows
  private let isPlain: Bool

  /// Reads a file.
  ///
  /// - Parameters:
  ///   - file: The file.
  ///   - features: The columns of the input, in order. Default: all but the target's, as numbers.
  ///   - target: The column of the target: `.label` for classes, `.number` for regression.
  ///   - delimiter: An ASCII character between fields. Default: a comma.
  ///   - hasHeader: Whether the first line has the columns' names; otherwise they are numbered from
  ///     0. Default: true.
  ///   - missing: What missing fields contain. Default: ``missingMarkers``.
  ///   - byteLimit: Upper bound of the memory: 4 bytes for each field that is used, and about 100
  ///     for a category. A compressed file may unpack to 4 bytes of text for each of them, and 64
  ///     for each byte of the file. Default: twice the file's size plus 32 MiB.
  ///
  /// Throws `FileError` with line and column if the file cannot be read, is not such a table, lacks
  /// a column, has rows of other lengths, or a field is missing without a replacement, is not UTF-8
  /// or cannot be converted to the type of the column; `ArgumentError` if an argument is invalid.
  public init(
    contentsOf file: some FileLocation, features: [CSVColumn]? = nil, target: CSVColumn,
    delimiter: Character = ",", hasHeader: Bool = true,
    missing: Set<String> = missingMarkers, byteLimit: Int? = nil
  ) throws {
    guard let separator = delimiter.asciiValue, ![10, 13, 34].contains(separator) else {
      throw ArgumentError(
        place: "the delimiter", expected: "an ASCII character, no quote or line break",
        found: "\(delimiter.debugDescription)")
    }
    let reader = try GzipReader(file.fileURL)
    let byteLimit = byteLimit ?? 2 * reader.fileSize + (1 << 25)
    let textLimit = Self.textLimit(fileSize: reader.fileSize, byteLimit: byteLimit)
    var table = try CSVTable(
      file: reader.path, features: features, target: target, hasHeader: hasHeader,
      missing: missing, byteLimit: byteLimit)
    var tokenizer = CSVTokenizer(file: reader.path, delimiter: separator)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 1)
    defer { unsafe buffer.deallocate() }
    var textSize = 0
    while case let size = try unsafe reader.read(into: buffer), size > 0 {
      textSize += size
      guard textSize <= textLimit else {
        throw FileError(
          file: reader.path, place: "unpacked text",
          expected: "at most \(textLimit) bytes (see byteLimit)", found: "more")
      }
      try unsafe tokenizer.feed(
        UnsafeBufferPointer(rebasing: buffer.bindMemory(to: UInt8.self)[..<size]), into: &table)
    }
    try tokenizer.finish(&table)
    try table.finish()

    rows = table.rows
    count = table.rows.count
    self.features = table.features
    self.target = table.target
    featureNames = self.features.flatMap(\.elementNames)
    inputShape = [featureNames.count]
    targetShape = [self.target.width]
    isPlain = self.features.allSatisfy { $0.width == 1 }
    if case .category(let values, _, _) = self.target.kind {
      classNames = values
    } else {
      classNames = nil
    }
  }

  /// The largest size of the unpacked text.
  private static func textLimit(fileSize: Int, byteLimit: Int) -> Int {
    let (text, overflow) = byteLimit.multipliedReportingOverflow(by: textPerByte)
    let (limit, isOutside) = text.addingReportingOverflow(textPerFileByte * fileSize)
    return overflow || isOutside ? .max : limit
  }

  public func copyInput(at index: Int, into view: MemoryView<Float>) {
    rows.withRow(index) { row in
      if isPlain {
        view.copy(from: row[0..<features.count])
        return
      }
      var start = 0
      for (number, column) in features.enumerated() {
        Self.write(row[number], of: column, into: view[start..<start + column.width])
        start += column.width
      }
    }
  }

  public func copyTarget(at index: Int, into view: MemoryView<Float>) {
    rows.withRow(index) { Self.write($0[features.count], of: target, into: view) }
  }

  private static func write(_ value: Float, of column: CSVColumn, into view: MemoryView<Float>) {
    if case .category(_, .oneHot, _) = column.kind {
      LabelEncoding.oneHot.write(Int(value), into: view)
    } else {
      view[0] = value
    }
  }
}

/// Rows of floats in pieces of several rows, so that a table grows without copies.
struct CSVRows: Sendable {
  private static let pieceSize = 1 << 18

  let width: Int
  private let rowsPerPiece: Int
  private(set) var count = 0
  private var pieces: [AlignedBuffer] = []

  init(width: Int) {
    self.width = width
    rowsPerPiece = max(1, Self.pieceSize / width)
  }

  mutating func append(_ row: [Float]) {
    let place = count % rowsPerPiece
    if place == 0 { pieces.append(AlignedBuffer(count: rowsPerPiece * width)) }
    let view = pieces[pieces.count - 1].view
    FloatKernel.copy(row, from: 0, into: view[place * width..<(place + 1) * width], count: width)
    count += 1
  }

  func withRow<Result>(_ index: Int, _ body: (MemoryView<Float>) -> Result) -> Result {
    require(index >= 0 && index < count, "sample \(index) of \(count)")
    let (piece, place) = (pieces[index / rowsPerPiece], index % rowsPerPiece)
    return withExtendedLifetime(piece) {
      body(piece.view[place * width..<(place + 1) * width])
    }
  }

  /// Replaces the values of a column.
  func replace(column: Int, by map: (Float) -> Float) {
    for index in 0..<count { withRow(index) { $0[column] = map($0[column]) } }
  }
}
