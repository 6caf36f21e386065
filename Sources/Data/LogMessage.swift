internal import PinionTensor

/// A message of the library: progress of training, or a warning.
public struct LogMessage: Sendable, Equatable {
  public enum Level: String, Sendable {
    /// Written to standard output by default: the line of an epoch, and the messages of callbacks
    /// with `verbose: true`.
    case info
    /// Written to standard error by default: skipped samples, training that stops at a number that
    /// is not finite, a split that leaves a class in one part only.
    case warning
  }

  public let level: Level

  /// One line without its line feed, control characters escaped.
  public let text: String
}

/// Hands the library's messages to a handler while `body` runs, instead of writing them to standard
/// output and standard error.
///
/// Progress is then one line an epoch. `verbose: false` of `fit` omits it, and a handler that does
/// nothing omits all messages. The handler belongs to the current task and its child tasks; other
/// tasks and threads may have others at the same time.
///
/// ```swift
/// try withLogHandler({ message in
///   logger.log(level: message.level == .warning ? .warning : .info, "\(message.text)")
/// }) {
///   try model.fit(training, epochs: 5)
/// }
/// ```
@discardableResult
public func withLogHandler<Result>(
  _ handler: @escaping @Sendable (LogMessage) -> Void, _ body: () throws -> Result
) rethrows -> Result {
  try Log.$handler.withValue(handler, operation: body)
}

/// Hands the library's messages to a handler while an asynchronous `body` runs.
@discardableResult
public func withLogHandler<Result>(
  _ handler: @escaping @Sendable (LogMessage) -> Void,
  isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Result
) async rethrows -> Result {
  try await Log.$handler.withValue(handler, operation: body, isolation: isolation)
}

/// The receiver of messages.
package enum Log {
  /// Nil: to standard output and standard error.
  @TaskLocal package static var handler: (@Sendable (LogMessage) -> Void)?

  /// Shows a warning about input that is valid but probably unintended.
  package static func warn(_ text: String) {
    guard let handler else { return Notice.show(text) }
    handler(LogMessage(level: .warning, text: PrintableText.escaped(text)))
  }

  /// Hands each line to the handler. Returns false if there is none.
  package static func handle(lines text: String) -> Bool {
    guard let handler else { return false }
    for line in text.split(separator: "\n") {
      handler(LogMessage(level: .info, text: PrintableText.escaped(String(line))))
    }
    return true
  }
}
