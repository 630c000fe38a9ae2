"""Builds a policy into a component. `patchbay build` runs `python -m patchbay_sdk.build`."""
