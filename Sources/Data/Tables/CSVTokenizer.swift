internal import PinionTensor

/// The receiver of the fields of a CSV file.
protocol CSVRecordSink {
  /// Whether the bytes of the field in a column are needed.
  func wants(column: Int) -> Bool

  /// Receives a field that is needed.
  mutating func add(_ field: [UInt8], column: Int, line: Int) throws(FileError)

  /// Receives the end of a record, with the line of its start and the number of its fields.
  mutating func endRecord(fields: Int, line: Int) throws(FileError)
}

/// Splits CSV (RFC 4180) into fields, piece by piece.
///
/// A field in double quotes may contain the delimiter, line breaks and quotes, which are doubled.
/// Lines end with LF, CRLF or CR; empty ones are skipped, and so is a byte order mark.
struct CSVTokenizer {
  /// Upper bound of a field, so that a quote that is never closed does not collect the whole file.
  static let fieldLimit = 1 << 20

  private enum State { case start, plain, quoted, closed }

  private static let (quote, lineFeed, carriageReturn) = (
    UInt8(ascii: "\""), UInt8(ascii: "\n"), UInt8(ascii: "\r")
  )

  private let file: String
  private let delimiter: UInt8
  private var state = State.start
  private var field: [UInt8] = []
  private var column = 0
  /// The line of the next byte, and those in which the record and the field began.
  private var line = 1
  private var recordLine = 1
  private var fieldLine = 1
  private var skipsLineFeed = false
  private var isFirst = true

  init(file: String, delimiter: UInt8) {
    self.file = file
    self.delimiter = delimiter
  }

  /// Splits the next bytes; the first call has the first three, if there are so many.
  mutating func feed(
    _ bytes: UnsafeBufferPointer<UInt8>, into sink: inout some CSVRecordSink
  ) throws(FileError) {
    var i = 0
    if isFirst, unsafe bytes.prefix(3).elementsEqual([0xEF, 0xBB, 0xBF]) { i = 3 }
    isFirst = false
    while i < bytes.count {
      let byte = unsafe bytes[i]
      if skipsLineFeed {
        skipsLineFeed = false
        if byte == Self.lineFeed {
          i += 1
          continue
        }
      }
      switch state {
      case .start where column == 0 && (byte == Self.lineFeed || byte == Self.carriageReturn):
        // An empty line.
        line += 1
        skipsLineFeed = byte == Self.carriageReturn
        i += 1
      case .start:
        fieldLine = line
        if column == 0 { recordLine = line }
        let isQuoted = byte == Self.quote
        state = isQuoted ? .quoted : .plain
        if isQuoted { i += 1 }
      case .plain:
        var end = i
        while end < bytes.count, unsafe bytes[end] != delimiter, unsafe bytes[end] != Self.lineFeed,
          unsafe bytes[end] != Self.carriageReturn, unsafe bytes[end] != Self.quote
        { end += 1 }
        try unsafe append(bytes[i..<end], sink)
        i = end
        guard i < bytes.count else { break }
        guard unsafe bytes[i] != Self.quote else {
          throw error(expected: "quotes around the whole field", found: "a quote inside it")
        }
        try unsafe endField(bytes[i], &sink)
        i += 1
      case .quoted:
        var end = i
        while end < bytes.count, unsafe bytes[end] != Self.quote {
          // The LF of a CRLF counts.
          if unsafe bytes[end] == Self.lineFeed { line += 1 }
          end += 1
        }
        try unsafe append(bytes[i..<end], sink)
        i = end
        if i < bytes.count {
          state = .closed
          i += 1
        }
      case .closed:
        if byte == Self.quote {
          try unsafe append(bytes[i...i], sink)
          state = .quoted
        } else if byte == delimiter || byte == Self.lineFeed || byte == Self.carriageReturn {
          try endField(byte, &sink)
        } else {
          throw error(
            expected: "a delimiter or a line break after the closing quote", found: "another byte")
        }
        i += 1
      }
    }
  }

  /// Ends the last record, if the file does not end with a line break.
  mutating func finish(_ sink: inout some CSVRecordSink) throws(FileError) {
    guard state != .quoted else {
      throw error(expected: "a closing quote", found: "the end of the file")
    }
    if state != .start || column > 0 { try endField(Self.lineFeed, &sink) }
  }

  private mutating func append(
    _ bytes: Slice<UnsafeBufferPointer<UInt8>>, _ sink: borrowing some CSVRecordSink
  ) throws(FileError) {
    guard unsafe !bytes.isEmpty, sink.wants(column: column) else { return }
    guard unsafe field.count + bytes.count <= Self.fieldLimit else {
      throw error(
        expected: "at most \(Self.fieldLimit) bytes, closed by a quote if they are quoted",
        found: "more")
    }
    unsafe field.append(contentsOf: UnsafeBufferPointer(rebasing: bytes))
  }

  private mutating func endField(
    _ terminator: UInt8, _ sink: inout some CSVRecordSink
  ) throws(FileError) {
    if sink.wants(column: column) {
      try sink.add(field, column: column, line: fieldLine)
    }
    field.removeAll(keepingCapacity: true)
    state = .start
    column += 1
    guard terminator != delimiter else { return }
    try sink.endRecord(fields: column, line: recordLine)
    column = 0
    line += 1
    skipsLineFeed = terminator == Self.carriageReturn
  }

  private func error(expected: String, found: String) -> FileError {
    FileError(
      file: file, place: "line \(fieldLine), field \(column + 1)", expected: expected, found: found)
  }
}
