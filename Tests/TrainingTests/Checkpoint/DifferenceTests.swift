import Testing

@testable import PinionTraining

@Suite struct DifferenceTests {
  private func words(_ one: String, _ other: String) throws -> [String] {
    let trees = (try #require(ConfigurationTree(one)), try #require(ConfigurationTree(other)))
    return trees.0.differences(from: trees.1).map {
      "\($0.path.joined(separator: ", ")): \($0.value) / \($0.other)"
    }
  }

  @Test func differencesAreToldPlaceByPlace() throws {
    #expect(try words("{\"a\": 1}", "{\"a\": 1}") == [])
    #expect(
      try words(
        "{\"beta1\": 0.9, \"learningRate\": {\"type\": \"CosineDecay\", \"configuration\": {\"decaySteps\": 900}}}",
        "{\"beta1\": 0.5, \"learningRate\": {\"type\": \"CosineDecay\", \"configuration\": {\"decaySteps\": 450}}}"
      ) == ["beta1: 0.9 / 0.5", "learning rate, decay steps: 900 / 450"])
    #expect(
      try words(
        "{\"rate\": {\"type\": \"CosineDecay\", \"configuration\": {\"steps\": 9}}}",
        "{\"rate\": {\"type\": \"ConstantRate\", \"configuration\": {\"value\": 9}}}")
        == ["rate: cosine decay / constant rate"])
    #expect(try words("{\"clip\": null}", "{\"clip\": [1, 2]}") == ["clip: none / 1, 2"])
    #expect(try words("{\"nesterov\": true}", "{}") == ["nesterov: yes / none"])
  }

  @Test func whatIsNoJSONIsNoTree() {
    #expect(ConfigurationTree("Adam") == nil)
    #expect(ConfigurationTree(String(repeating: "[", count: 100_000)) == nil)
  }
}
