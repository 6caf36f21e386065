/// Stops the program with a message unless a condition holds.
///
/// Unlike `precondition`, it prints its message in release builds too: a wrong shape in a user's
/// program is told with the shapes, not with an illegal instruction.
@inlinable
@inline(__always)
package func require(
  _ condition: Bool, _ message: @autoclosure () -> String, file: StaticString = #fileID,
  line: UInt = #line
) {
  guard _fastPath(condition) else { fatalError(message(), file: file, line: line) }
}
