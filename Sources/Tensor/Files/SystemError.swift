internal import Glibc

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
