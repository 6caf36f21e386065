internal import Glibc

/// What is wrong with a file, where in it, what was expected and what was found.
public struct FileError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The file's path.
  public let file: String
  /// The place in it: a field's name, an offset, a record's number.
  public let place: String
  /// What should have been there.
  public let expected: String
  /// What was there.
  public let found: String

  /// Says what is wrong with a file.
  public init(file: String, place: String, expected: String, found: String) {
    self.file = file
    self.place = place
    self.expected = expected
    self.found = found
  }

  /// One line that names all four, fit for a terminal: control characters are escaped.
  public var description: String {
    PrintableText.escaped("\(file): \(place): expected \(expected), found \(found)")
  }
}

/// What a system call left in `errno`.
package struct SystemError: Error, Equatable {
  package let code: Int32

  package init(code: Int32) { self.code = code }

  /// What the last call on this thread left.
  package static var last: SystemError { SystemError(code: errno) }

  /// The system's own words, such as `No space left on device`.
  package var text: String { String(cString: strerror(code)) }

  package func fileError(_ file: String, place: String, expected: String) -> FileError {
    FileError(file: file, place: place, expected: expected, found: text)
  }

  /// Makes a call again as long as a signal interrupts it.
  @discardableResult
  package static func check(_ call: () -> Int32) throws(SystemError) -> Int32 {
    while true {
      let result = call()
      if result >= 0 { return result }
      if errno != EINTR { throw .last }
    }
  }

  /// Makes a call that moves some of `count` bytes until it has moved all, and says how many it
  /// moved.
  ///
  /// The system may move fewer than it was asked to, and a signal may interrupt it before the
  /// first. A call that moves none ends the loop: the end of a file.
  package static func transfer(
    count: Int, _ call: (_ done: Int) -> Int
  ) throws(SystemError) -> Int {
    var done = 0
    while done < count {
      let moved = call(done)
      if moved == 0 { break }
      if moved > 0 {
        done += moved
      } else if errno != EINTR {
        throw .last
      }
    }
    return done
  }
}

extension DecodingError {
  /// Where in a document, and what was expected and found there, in words.
  package var words: (place: String, expected: String, found: String) {
    func place(_ context: Context, _ last: (any CodingKey)? = nil) -> String {
      let path = context.codingPath + (last.map { [$0] } ?? [])
      guard !path.isEmpty else { return "the document" }
      return path.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }
        .joined(separator: ".")
    }
    switch self {
    case .typeMismatch(let type, let context):
      return (place(context), "\(type)", "another kind of value")
    case .valueNotFound(let type, let context):
      return (place(context), "\(type)", "nothing")
    case .keyNotFound(let key, let context):
      return (place(context, key), "a value", "nothing")
    case .dataCorrupted(let context):
      return (place(context), "valid data", context.debugDescription)
    @unknown default:
      return ("the document", "valid data", "\(self)")
    }
  }
}
