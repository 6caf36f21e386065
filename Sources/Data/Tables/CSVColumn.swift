internal import PinionTensor

/// A column of a CSV file, and the conversion of its fields.
public struct CSVColumn: Sendable, Equatable {
  /// The replacement of a missing number.
  public enum MissingNumber: Sendable, Equatable {
    /// An error that names line and column.
    case error
    case value(Float)
    /// The mean of the column's other numbers.
    case mean
  }

  public enum Kind: Sendable, Equatable {
    case number(missing: MissingNumber)
    /// - Parameters:
    ///   - values: The categories in the order of their indices; nil for those of the file.
    ///   - missing: The category of missing fields; nil if they are an error.
    case category(values: [String]?, encoding: LabelEncoding, missing: String?)
  }

  /// The name in the file's first line; of a file without names, the number from 0.
  public var name: String
  public var kind: Kind

  /// Numbers such as `-1.5e3`, as floats.
  public static func number(_ name: String, missing: MissingNumber = .error) -> CSVColumn {
    CSVColumn(name: name, kind: .number(missing: missing))
  }

  /// A categorical column: one of several texts.
  ///
  /// - Parameters:
  ///   - values: The categories in the order of their indices. Default: those of the file, in the
  ///     order of their UTF-8 bytes, or of their numbers if all are integers.
  ///   - encoding: An index or one-hot. Default: one-hot.
  ///   - missing: The category of missing fields, one of the values even if no field is missing.
  ///     Default: they are an error.
  public static func category(
    _ name: String, values: [String]? = nil, encoding: LabelEncoding = .oneHot,
    missing: String? = nil
  ) -> CSVColumn {
    CSVColumn(
      name: name, kind: .category(values: values, encoding: encoding, missing: missing))
  }

  /// A class for each sample, as a ``category(_:values:encoding:missing:)``, whose names the data
  /// set has as ``Dataset/classNames``.
  public static func label(
    _ name: String, classes: [String]? = nil, encoding: LabelEncoding = .index
  ) -> CSVColumn {
    .category(name, values: classes, encoding: encoding)
  }

  /// The number of floats.
  var width: Int {
    if case .category(let values?, .oneHot, _) = kind { values.count } else { 1 }
  }

  /// The names of the floats: `area`, or `district=north` for each category.
  var elementNames: [String] {
    if case .category(let values?, .oneHot, _) = kind {
      values.map { "\(name)=\($0)" }
    } else {
      [name]
    }
  }
}

/// The numbers or category indices of a column while its file is read.
struct CSVColumnReader {
  /// A column with more categories is regarded as free text.
  static let categoryLimit = 1 << 16

  private(set) var column: CSVColumn
  /// Whether categories are those of the file.
  private let collects: Bool
  private var categories: [String: Int] = [:]
  /// An estimate of the memory for the file's categories.
  private(set) var categoryBytes = 0
  private var sum = 0.0
  private var count = 0.0
  private(set) var hasGaps = false

  init(_ column: CSVColumn) throws(ArgumentError) {
    self.column = column
    guard case .category(let values, _, let missing) = column.kind else {
      collects = false
      if case .number(.value(let value)) = column.kind, !value.isFinite {
        throw ArgumentError(
          place: "the value for what is missing of \"\(column.name)\"",
          expected: "a finite number", found: "\(value)")
      }
      return
    }
    collects = values == nil
    for (index, value) in (values ?? []).enumerated() {
      guard categories.updateValue(index, forKey: value) == nil else {
        throw ArgumentError(
          place: "value \(index) of \"\(column.name)\"", expected: "a value of its own",
          found: "\"\(value)\"")
      }
    }
    if let missing, !collects, categories[missing] == nil {
      throw ArgumentError(
        place: "the category for what is missing of \"\(column.name)\"",
        expected: "one of its values", found: "\"\(missing)\"")
    }
    if values?.isEmpty == true {
      throw ArgumentError(
        place: "the values of \"\(column.name)\"", expected: "at least one", found: "none")
    }
  }

  /// The number of a field; NaN if it is to become the mean. Throws what was expected and found.
  mutating func value(_ field: [UInt8], isMissing: Bool) throws(Failure) -> Float {
    switch column.kind {
    case .number(let missing):
      guard !isMissing else {
        switch missing {
        case .error: throw Failure(expected: "a number", found: "a missing value")
        case .value(let value): return value
        case .mean:
          hasGaps = true
          return .nan
        }
      }
      guard let number = CSVNumber.parse(field) else {
        throw Failure(expected: "a number", found: Self.quoted(field))
      }
      let float = Float(number)
      guard float.isFinite else {
        throw Failure(expected: "a number that a float can hold", found: Self.quoted(field))
      }
      sum += Double(float)
      count += 1
      return float
    case .category(_, _, let missing):
      if isMissing, missing == nil {
        throw Failure(expected: "a category", found: "a missing value")
      }
      guard let text = isMissing ? missing : String(validating: field, as: UTF8.self) else {
        throw Self.notUTF8(field)
      }
      if let index = categories[text] { return Float(index) }
      guard collects else {
        let names = categories.keys.sorted()
        throw Failure(
          expected: "one of " + names.prefix(5).map { "\"\($0)\"" }.joined(separator: ", ")
            + (names.count > 5 ? ", …" : ""), found: Self.quoted(field))
      }
      guard categories.count < Self.categoryLimit else {
        throw Failure(
          expected: "at most \(Self.categoryLimit) categories", found: "another one")
      }
      categories[text] = categories.count
      categoryBytes += 100 + 2 * field.count
      return Float(categories.count - 1)
    }
  }

  struct Failure: Error {
    let expected, found: String
  }

  /// The failure of a text in another encoding, such as Latin-1.
  static func notUTF8(_ field: [UInt8]) -> Failure {
    Failure(expected: "text in UTF-8", found: quoted(field))
  }

  private static func quoted(_ field: [UInt8]) -> String {
    "\"" + String(decoding: field.prefix(40), as: UTF8.self) + (field.count > 40 ? "…\"" : "\"")
  }

  /// Sorts categories and replaces missing numbers: a function from each value to its replacement,
  /// or nil if no value changes. Throws if there is no number for a mean.
  mutating func finish() throws(Failure) -> ((Float) -> Float)? {
    switch column.kind {
    case .number(.mean):
      guard hasGaps || count > 0 else { return nil }
      guard count > 0 else {
        throw Failure(expected: "a number, for the mean", found: "missing values alone")
      }
      let mean = Float(sum / count)
      column.kind = .number(missing: .value(mean))
      return hasGaps ? { $0.isNaN ? mean : $0 } : nil
    case .category(nil, let encoding, let missing):
      // Other files may lack fields where this one has them all.
      if let missing, categories[missing] == nil { categories[missing] = categories.count }
      let numbers = categories.keys.compactMap { Int($0) }
      let names: [String]
      if numbers.count == categories.count, Set(numbers).count == numbers.count {
        names = categories.keys.sorted { (Int($0) ?? 0) < (Int($1) ?? 0) }
      } else {
        names = categories.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
      }
      var ranks = [Float](repeating: 0, count: names.count)
      for (rank, name) in names.enumerated() { ranks[categories[name] ?? 0] = Float(rank) }
      column.kind = .category(values: names, encoding: encoding, missing: missing)
      return { ranks[Int($0)] }
    default: return nil
    }
  }
}

/// Decimal numbers in ASCII.
enum CSVNumber {
  private static let powers: [Double] = (0...22).map { exponent in
    (0..<exponent).reduce(1) { power, _ in power * 10 }
  }

  /// The nearest double of `[±]digits[.digits][e[±]digits]`, between spaces; nil for anything else.
  static func parse(_ field: [UInt8]) -> Double? {
    var (start, end) = (0, field.count)
    while start < end, isSpace(field[start]) { start += 1 }
    while end > start, isSpace(field[end - 1]) { end -= 1 }
    var i = start
    let isNegative = i < end && field[i] == UInt8(ascii: "-")
    if i < end, isNegative || field[i] == UInt8(ascii: "+") { i += 1 }
    // As many digits as fit a UInt64; longer numbers take the slow path.
    var (digits, scale, total): (UInt64, Int, Int) = (0, 0, 0)
    func digit(_ i: Int) -> UInt64? {
      i < end && field[i] &- UInt8(ascii: "0") < 10 ? UInt64(field[i] &- UInt8(ascii: "0")) : nil
    }
    while let next = digit(i) {
      digits = digits &* 10 &+ next
      total += 1
      i += 1
    }
    if i < end, field[i] == UInt8(ascii: ".") {
      i += 1
      while let next = digit(i) {
        digits = digits &* 10 &+ next
        total += 1
        scale -= 1
        i += 1
      }
    }
    guard total > 0 else { return nil }
    if i < end, field[i] | 0x20 == UInt8(ascii: "e") {
      i += 1
      let isSmall = i < end && field[i] == UInt8(ascii: "-")
      if i < end, isSmall || field[i] == UInt8(ascii: "+") { i += 1 }
      guard digit(i) != nil else { return nil }
      var exponent = 0
      while let next = digit(i) {
        exponent = min(exponent * 10 + Int(next), 100_000)
        i += 1
      }
      scale += isSmall ? -exponent : exponent
    }
    guard i == end else { return nil }
    // Both factors are exact, so that the result is rounded once (Clinger 1990).
    if total <= 19, digits < 1 << 53, abs(scale) <= 22 {
      let magnitude =
        scale < 0 ? Double(digits) / powers[-scale] : Double(digits) * powers[scale]
      return isNegative ? -magnitude : magnitude
    }
    return Double(String(decoding: field[start..<end], as: UTF8.self))
  }

  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
  }
}
