internal import Glibc

/// An error in a file or in access to it.
public struct FileError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The file's path.
  public let file: String
  /// A field, an offset, a record or an operation such as `opening`.
  public let place: String
  public let expected: String
  public let found: String

  public init(file: String, place: String, expected: String, found: String) {
    self.file = file
    self.place = place
    self.expected = expected
    self.found = found
  }

  /// One line, control characters escaped.
  public var description: String {
    PrintableText.escaped("\(file): \(place): expected \(expected), found \(found)")
  }
}

/// A value of `errno`.
package struct SystemError: Error, Equatable {
  package let code: Int32

  package init(code: Int32) { self.code = code }

  /// The calling thread's `errno`.
  package static var last: SystemError { SystemError(code: errno) }

  /// The system's message, such as `No space left on device`.
  package var text: String { unsafe String(cString: strerror(code)) }

  package func fileError(_ file: String, place: String, expected: String) -> FileError {
    FileError(file: file, place: place, expected: expected, found: text)
  }

  /// Repeats a call while signals interrupt it.
  @discardableResult
  package static func check(_ call: () -> Int32) throws(SystemError) -> Int32 {
    while true {
      let result = call()
      if result >= 0 { return result }
      if errno != EINTR { throw .last }
    }
  }

  /// Repeats a call that transfers up to `count − done` bytes until all are transferred or it
  /// transfers none, as at the end of a file. Returns the number of bytes. Repeats calls that
  /// signals interrupt.
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
  /// The place in a document, what was expected and what was found.
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
