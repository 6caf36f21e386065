import PinionTestSupport

/// What Keras computes of a row of the table of layers; `make_layers.py` describes the fields.
struct KerasLayerFixture: Decodable {
  struct Named: Decodable {
    let name: String
    let shape: [Int]
    let data: [Float]
  }

  let key: String
  let inputs: [FixtureTensor]
  let weights: [Named]
  let output: FixtureTensor
  let upstream: FixtureTensor
  let inputGradients: [FixtureTensor]
  let weightGradients: [Named]
  let stateAfter: [Named]
  let rate: Float
  let losses: [Double]
}
