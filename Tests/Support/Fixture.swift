public import Foundation

/// Numbers that another library computed, committed under `Tests/Fixtures` with the script that
/// made them.
public enum Fixture {
  /// The folder of all fixtures.
  public static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Fixtures")

  /// Reads `Tests/Fixtures/name.json`.
  public static func load<Value: Decodable>(_ name: String, as type: Value.Type) throws -> Value {
    let data = try Data(contentsOf: folder.appending(path: "\(name).json"))
    return try JSONDecoder().decode(type, from: data)
  }
}

/// A tensor in a fixture: `{"shape": [2, 3], "data": [six numbers, row-major]}`.
public struct FixtureTensor: Codable, Sendable {
  /// The sizes, outermost first.
  public let shape: [Int]
  /// The elements, row-major.
  public let data: [Float]

  public init(shape: [Int], data: [Float]) {
    self.shape = shape
    self.data = data
  }
}

/// ‖actual − expected‖ / ‖expected‖ in Euclidean norms, or ‖actual − expected‖ where the expected
/// norm is below `floor`.
public func relativeDifference(_ actual: [Float], _ expected: [Float], floor: Double = 1e-6)
  -> Double
{
  guard actual.count == expected.count else { return .infinity }
  var difference = 0.0
  var norm = 0.0
  for (a, e) in zip(actual, expected) {
    difference += (Double(a) - Double(e)) * (Double(a) - Double(e))
    norm += Double(e) * Double(e)
  }
  return norm.squareRoot() < floor ? difference.squareRoot() : (difference / norm).squareRoot()
}
