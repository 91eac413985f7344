"""Serves a PyTorch model: fill in `load`, then --prior "serve:python3 serve_torch.py". See docs/serve.md."""

import torch
from equipoise_serve import serve

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


def load():
    """The model on DEVICE, model(x_t, mu, sigma) -> x_hat, tensors (n, T, C, H, W), and the keys of its hello."""
    raise NotImplementedError("fill in load(); docs/serve.md has one, and every key of the hello")


def main(load=load):
    # TF32 would round every product to 11 bits.
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = False
    model, hello = load()

    def tensor(array):
        return torch.from_numpy(array).to(DEVICE)

    def array(tensor):
        return tensor.detach().cpu().numpy()

    @torch.no_grad()
    def denoise(x_t, mu, sigma):
        return array(model(tensor(x_t), mu, sigma))

    def linearise(x_t, mu, sigma):
        x_hat, pull = torch.func.vjp(lambda x: model(x, mu, sigma), tensor(x_t))
        vjp = torch.no_grad()(lambda v: array(pull(tensor(v))[0]))  # else every product keeps its own graph
        push = lambda v: torch.func.jvp(lambda x: model(x, mu, sigma), (tensor(x_t),), (tensor(v),))
        return array(x_hat), vjp, lambda v: array(push(v)[1])

    serve(linearise, denoise=denoise, **hello)


if __name__ == "__main__":
    main()
