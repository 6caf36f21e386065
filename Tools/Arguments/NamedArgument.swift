internal import ArgumentParser

/// An argument of a name and numbers, as in `step=10:0.5`, taken apart with reasons for what is wrong.
public struct NamedArgument {
  /// What a number must be.
  public enum Kind: Sendable {
    /// Any finite number.
    case number
    /// A finite number above 0.
    case positive
    /// A whole number, from the given one to a billion.
    case whole(from: Int)
  }

  /// A number that an argument takes, by the name that help gives it, such as `EPOCHS`.
  public typealias Value = (name: String, kind: Kind)

  /// The name before the equals sign.
  public let name: String
  /// The numbers behind it, as many as the name takes.
  public let numbers: [Double]

  /// Takes an argument apart.
  ///
  /// - Parameters:
  ///   - text: The name alone, or the name, an equals sign, and numbers with colons between them.
  ///   - forms: What there is to choose from: each name with the numbers that it takes.
  ///
  /// Throws `ValidationError` with the reason.
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
    let (isRight, requirement) =
      switch value.kind {
      case .number: (number?.isFinite == true, "a number")
      case .positive: (number.map { $0.isFinite && $0 > 0 } == true, "a number above 0")
      case .whole(let least):
        (
          number.flatMap { Int(exactly: $0) }.map { (least...1_000_000_000).contains($0) } == true,
          "a whole number from \(least) to 1000000000"
        )
      }
    guard let number, isRight else {
      throw ValidationError("\(value.name) must be \(requirement), not '\(text)'.")
    }
    return number
  }
}
