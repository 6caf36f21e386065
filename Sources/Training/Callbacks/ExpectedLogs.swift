/// The values that the logs will hold when a callback sees them at the end of an epoch, as far as that is known
/// before training.
///
/// They are `loss` and the metrics, their twins that begin with `val_` if there are validation data, and what the
/// callbacks before say that they add.
public struct ExpectedLogs: Sendable, Equatable {
  /// The names that are known.
  public private(set) var names: Set<String>
  /// Whether there will be no others: whether all callbacks before say what they add.
  public private(set) var isComplete: Bool
  /// What training itself measures.
  private let measured: Set<String>

  /// Logs of the given names. Default: and no others.
  public init(_ names: Set<String>, isComplete: Bool = true) {
    self.names = names
    self.isComplete = isComplete
    measured = names
  }

  /// The logs of a run that measures the given metrics.
  init(metrics: [String], isValidated: Bool) {
    measured = Set(metrics + ["loss"])
    names = isValidated ? measured.union(measured.map { "val_" + $0 }) : measured
    isComplete = true
  }

  /// Adds what a callback says that it adds.
  mutating func add(_ callback: any Callback) {
    if let added = callback.addedLogNames {
      names.formUnion(added)
    } else {
      isComplete = false
    }
  }

  /// Throws ``CallbackError/missingMetric(callback:name:available:)`` if it is known that there will be no value under a
  /// name.
  ///
  /// A name that a callback before may still add is let through, unless it is that of a validation value of training's own,
  /// which needs validation data.
  public func require(_ name: String, for callback: String) throws(CallbackError) {
    if names.contains(name) { return }
    let isOwn = name.hasPrefix("val_") && measured.contains(String(name.dropFirst(4)))
    guard isComplete || isOwn else { return }
    throw .missingMetric(callback: callback, name: name, available: names.sorted())
  }
}
