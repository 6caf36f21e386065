import Pinion
import Testing

@Suite struct XORTests {
  @Test func isLearned() throws {
    let data = try ArrayDataset(
      inputs: [[0, 0], [0, 1], [1, 0], [1, 1]], labels: [0, 1, 1, 0], classes: 2)
    let model = try Model(
      Sequential(input: [2]) {
        Dense(8, activation: .tanh)
        Dense(2, activation: .softmax)
      },
      optimizer: Adam(learningRate: 0.05), seed: 1)
    let before = try model.evaluate(data)
    try model.fit(data, epochs: 200, batchSize: 4, verbose: false)
    #expect(try model.predict(data).argmax(along: 1) == [0, 1, 1, 0])
    let after = try model.evaluate(data)
    #expect(after.accuracy == 1)
    #expect(after.loss < before.loss / 10)
  }
}
