/// What is wrong with the contents of an image file.
struct ImageFlaw: Error, Equatable {
  let place: String
  let expected: String
  let found: String

  init(_ place: String, expected: String, found: String) {
    self.place = place
    self.expected = expected
    self.found = found
  }
}
