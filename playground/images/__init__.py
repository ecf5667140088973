"""Images: the digits of MNIST, the judge that scores what is made of them, and the techniques that make them."""
