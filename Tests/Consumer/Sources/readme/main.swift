import Pinion

// Noisy images of 12 × 12 pixels, each with a bright horizontal (0) or vertical (1) line.
let labels = (0..<2_000).map { $0 % 2 }
var images = Tensor.uniform(shape: [2_000, 12, 12, 1], from: RandomStream(seed: 1, stream: 0))
for (image, label) in labels.enumerated() {
  let place = image / 2 % 12
  if label == 0 { images[image, place, 0...] += 0.7 } else { images[image, 0..., place] += 0.7 }
}
let (training, test) = try ArrayDataset(inputs: images, labels: labels, classes: 2)
  .split(validation: 0.2)

let model = try Model(
  Sequential(input: [12, 12, 1]) {
    Conv2D(8, kernel: 3, padding: .same, activation: .relu)
    MaxPool2D()
    Flatten()
    Dense(2, activation: .softmax)
  },
  optimizer: Adam(learningRate: 0.003), seed: 1)
print(model.summary())
try model.fit(training, validation: test, epochs: 10, batchSize: 50)
print(try model.evaluate(test))
