/// Traps with a message unless a condition holds.
///
/// Unlike `precondition` it prints the message in release builds too. Control characters in the
/// message are escaped.
@inlinable
@inline(__always)
package func require(
  _ condition: Bool, _ message: @autoclosure () -> String, file: StaticString = #fileID,
  line: UInt = #line
) {
  guard _fastPath(condition) else { stop(message(), file: file, line: line) }
}

@usableFromInline
@inline(never)
package func stop(_ message: String, file: StaticString, line: UInt) -> Never {
  fatalError(PrintableText.escaped(message), file: file, line: line)
}
