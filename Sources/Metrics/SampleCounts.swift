/// How many of some samples count as correct, as metrics save it.
struct SampleCounts: Codable {
  /// More samples than any run sees, and few enough that a sum with a batch's does not overflow.
  private static let limit = 1 << 53

  let correct, total: Int

  init(correct: Int, total: Int) {
    self.correct = correct
    self.total = total
  }

  private enum Keys: String, CodingKey { case correct, total }

  /// Throws `DecodingError.dataCorrupted` unless 0 ≤ correct ≤ total ≤ 2⁵³.
  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Keys.self)
    total = try container.decode(Int.self, forKey: .total)
    correct = try container.decode(Int.self, forKey: .correct)
    guard (0...Self.limit).contains(total) else {
      throw DecodingError.dataCorruptedError(
        forKey: .total, in: container,
        debugDescription: "expected 0...\(Self.limit) samples, found \(total)")
    }
    guard (0...total).contains(correct) else {
      throw DecodingError.dataCorruptedError(
        forKey: .correct, in: container,
        debugDescription: "expected 0...\(total) samples, found \(correct)")
    }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Keys.self)
    try container.encode(correct, forKey: .correct)
    try container.encode(total, forKey: .total)
  }
}
