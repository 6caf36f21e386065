internal import PinionTensor

/// No folder holds a data set's files.
public struct DatasetNotFound: Error, Sendable, Equatable, CustomStringConvertible {
  /// The data set's name.
  public let dataset: String
  /// The files that were looked for; each may also end in `.gz`.
  public let files: [String]
  /// The folders searched, in order.
  public let searched: [String]
  /// What a user can do about it.
  public let remedies: [String]

  /// Several lines: the folders searched, the files looked for, and the remedies.
  public var description: String {
    let places = searched.map { "\n  \($0)" }.joined()
    let ways = remedies.map { "\n  - \($0)" }.joined()
    let text = """
      \(dataset) was not found. Folders searched:\(places)
      Files looked for, each with or without .gz: \(files.joined(separator: ", ")).
      Ways to provide them:\(ways)
      """
    return PrintableText.escaped(text, keepsLines: true)
  }
}
