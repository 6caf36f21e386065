internal import PinionTensor

/// Gathers the columns of a CSV file that are used.
struct CSVTable: CSVRecordSink {
  /// A file with more columns is not regarded as CSV.
  static let columnLimit = 1 << 16
  private static let nameByteLimit = 1 << 22

  private let file: String
  private let requested: [CSVColumn]?
  private let requestedTarget: CSVColumn
  private let hasHeader: Bool
  private let missing: [[UInt8]]
  private let byteLimit: Int
  /// An estimate of the memory for categories.
  private var categoryBytes = 0

  /// The fields of the first record, until it has ended.
  private var first: [[UInt8]]? = []
  private var nameBytes = 0
  /// The names of all columns.
  private var names: [String] = []
  /// The position of each column in a row; -1 for those that are not used.
  private var places: [Int] = []
  private var readers: [CSVColumnReader] = []
  private var row: [Float] = []
  private(set) var rows = CSVRows(width: 1)

  /// Throws if a column is used twice or its values are invalid.
  init(
    file: String, features: [CSVColumn]?, target: CSVColumn, hasHeader: Bool,
    missing: Set<String>, byteLimit: Int
  ) throws(ArgumentError) {
    self.file = file
    requested = features
    requestedTarget = target
    self.hasHeader = hasHeader
    self.missing = missing.map { Array($0.utf8) }
    self.byteLimit = byteLimit
    var used: Set<String> = [target.name]
    for column in features ?? [] {
      guard used.insert(column.name).inserted else {
        throw ArgumentError(
          place: "the column \"\(column.name)\"", expected: "one use", found: "several")
      }
    }
    for column in (features ?? []) + [target] { _ = try CSVColumnReader(column) }
    if features?.isEmpty == true {
      throw ArgumentError(place: "the features", expected: "at least one column", found: "none")
    }
  }

  var features: [CSVColumn] { readers.dropLast().map(\.column) }
  var target: CSVColumn { readers[readers.count - 1].column }

  func wants(column: Int) -> Bool {
    first != nil || (column < places.count && places[column] >= 0)
  }

  mutating func add(_ field: [UInt8], column: Int, line: Int) throws(FileError) {
    if first != nil {
      nameBytes += field.count
      guard column < Self.columnLimit, nameBytes < Self.nameByteLimit else {
        throw FileError(
          file: file, place: "line \(line)",
          expected: "at most \(Self.columnLimit) fields of \(Self.nameByteLimit) bytes in all",
          found: "more")
      }
      first?.append(field)
      return
    }
    let place = places[column]
    let before = readers[place].categoryBytes
    defer { categoryBytes += readers[place].categoryBytes - before }
    do throws(CSVColumnReader.Failure) {
      row[place] = try readers[place].value(field, isMissing: missing.contains(field))
    } catch {
      throw FileError(
        file: file, place: "line \(line), column \"\(names[column])\"", expected: error.expected,
        found: error.found)
    }
  }

  mutating func endRecord(fields: Int, line: Int) throws(FileError) {
    if let first {
      self.first = nil
      try choose(first, line: line)
      guard !hasHeader else { return }
      for (column, field) in first.enumerated() where places[column] >= 0 {
        try add(field, column: column, line: line)
      }
    }
    guard fields == names.count else {
      throw FileError(
        file: file, place: "line \(line)",
        expected: "\(names.count) fields, as in the first line", found: "\(fields)")
    }
    let bytes = (rows.count + 1) * rows.width * MemoryLayout<Float>.stride + categoryBytes
    guard bytes <= byteLimit else {
      throw FileError(
        file: file, place: "line \(line)",
        expected: "no more than \(byteLimit) bytes of numbers and categories, the limit",
        found: "more")
    }
    rows.append(row)
  }

  /// Finds the columns in the first record.
  private mutating func choose(_ fields: [[UInt8]], line: Int) throws(FileError) {
    for (column, field) in fields.enumerated() {
      guard hasHeader else {
        names.append("\(column)")
        continue
      }
      guard let name = String(validating: field, as: UTF8.self) else {
        let flaw = CSVColumnReader.notUTF8(field)
        throw FileError(
          file: file, place: "line \(line), field \(column + 1)", expected: flaw.expected,
          found: flaw.found)
      }
      names.append(name)
    }
    let columns =
      (requested ?? names.filter { $0 != requestedTarget.name }.map { .number($0) })
      + [requestedTarget]
    var columnsByName: [String: [Int]] = [:]
    for (column, name) in names.enumerated() { columnsByName[name, default: []].append(column) }
    places = [Int](repeating: -1, count: names.count)
    for (place, column) in columns.enumerated() {
      let found = columnsByName[column.name] ?? []
      guard found.count == 1 else {
        throw FileError(
          file: file, place: "line \(line)", expected: "one column \"\(column.name)\"",
          found: found.isEmpty
            ? names.prefix(8).map { "\"\($0)\"" }.joined(separator: ", ")
              + (names.count > 8 ? ", …" : "")
            : "\(found.count)")
      }
      places[found[0]] = place
      do throws(ArgumentError) {
        readers.append(try CSVColumnReader(column))
      } catch {
        throw FileError(
          file: file, place: error.place, expected: error.expected, found: error.found)
      }
    }
    guard readers.count > 1 else {
      throw FileError(
        file: file, place: "line \(line)", expected: "columns beside the target", found: "none")
    }
    row = [Float](repeating: 0, count: readers.count)
    rows = CSVRows(width: readers.count)
  }

  /// Sorts categories and replaces missing numbers by means.
  mutating func finish() throws(FileError) {
    guard first == nil else {
      throw FileError(
        file: file, place: "line 1", expected: "a line of names or numbers",
        found: "an empty file")
    }
    for place in readers.indices {
      do throws(CSVColumnReader.Failure) {
        if let map = try readers[place].finish() { rows.replace(column: place, by: map) }
      } catch {
        throw FileError(
          file: file, place: "column \"\(readers[place].column.name)\"",
          expected: error.expected, found: error.found)
      }
    }
  }
}
