import Foundation
import Testing

@Suite struct DependencyTests {
  private struct Resolved: Decodable {
    struct Pin: Decodable { let identity: String }
    let pins: [Pin]
  }

  /// What Pinion's examples need must not reach those who depend on the library.
  @Test func pinionBringsNoOtherPackage() throws {
    let data = try Data(contentsOf: Files.consumer.appending(path: "Package.resolved"))
    let resolved = try JSONDecoder().decode(Resolved.self, from: data)
    #expect(resolved.pins.map(\.identity) == ["swift-metrics"])
  }
}
