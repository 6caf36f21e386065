internal import ArgumentParser
internal import FoundationEssentials
internal import PinionTensor

/// The names of files and folders.
public enum PathArgument {
  /// - Throws: `ValidationError` if a path is given and empty: it would be the current folder's,
  ///   which a variable that is not set would fill with files.
  public static func validate(_ option: String, _ path: String?) throws {
    guard path?.isEmpty != true else { throw ValidationError("\(option) must not be empty.") }
  }

  /// For programs that write results after long work.
  ///
  /// - Throws: `ValidationError` if a path is given and empty, `FileError` if no file could be
  ///   written there.
  public static func validateWritable(_ option: String, _ path: String?) throws {
    try validate(option, path)
    if let path { try AtomicFile.checkWritable(URL(filePath: path)) }
  }
}

/// A parser for arguments of a name and numbers, such as `step=10:0.5`.
public struct NamedArgument {
  public enum Kind: Sendable {
    /// Any finite number.
    case number
    /// A positive finite number.
    case positive
    /// An integer from a minimum to 1,000,000,000.
    case integer(from: Int)
  }

  /// A number with its value name in the help text, such as `EPOCHS`.
  public typealias Value = (name: String, kind: Kind)

  /// The part before the equals sign.
  public let name: String
  /// The numbers after it.
  public let numbers: [Double]

  /// - Parameters:
  ///   - text: A name, or a name, an equals sign, and numbers separated by colons.
  ///   - forms: The valid names with their numbers.
  /// - Throws: `ValidationError` if the text is invalid.
  public init(_ text: String, forms: KeyValuePairs<String, [Value]>) throws {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    name = String(parts[0])
    guard let values = forms.first(where: { $0.key == parts[0] })?.value else {
      throw ValidationError(
        "expected one of \(forms.map(\.key).joined(separator: ", ")), found '\(parts[0])'.")
    }
    let texts =
      parts.count > 1 ? parts[1].split(separator: ":", omittingEmptySubsequences: false) : []
    guard texts.count == values.count else {
      let usage = name + (values.isEmpty ? "" : "=" + values.map(\.name).joined(separator: ":"))
      throw ValidationError(
        "expected \(usage), found \(texts.isEmpty ? "no number" : "\(texts.count) value(s)").")
    }
    numbers = try zip(texts, values).map(Self.number)
  }

  private static func number(_ text: Substring, _ value: Value) throws -> Double {
    let number = Double(text)
    let (isValid, requirement) =
      switch value.kind {
      case .number: (number?.isFinite == true, "a number")
      case .positive: (number.map { $0.isFinite && $0 > 0 } == true, "a positive number")
      case .integer(let minimum):
        (
          number.flatMap { Int(exactly: $0) }.map { (minimum...1_000_000_000).contains($0) }
            == true,
          "an integer from \(minimum) to 1000000000"
        )
      }
    guard let number, isValid else {
      throw ValidationError("\(value.name) must be \(requirement), not '\(text)'.")
    }
    return number
  }
}
