"""A model as one page: the app's drawing pad with the network inside, and no server.

    page.py       the page: the app's own index.html, style and modules, and the model as text
    bundle.py     many JavaScript modules become one script
    measured.py   what eight bits cost in accuracy, where it has been measured

    answers.js    answers without a server, in the place of the app's module of that name
    normalize.js  a canvas becomes 28 × 28     image/single.py, image/normalize.py
    network.js    forward, and slopes back     nn/dense.py, explain/forward_trace.py
    activations.js                             nn/activations.py
    verdict.js    a digit, or why there is none   answers.py, nondigits.py, calibration.py
    explain.js    why this and not that        explain/contributions.py, explain/units.py
    stored.js     the model from the page's text
    photo.js      no photos

A browser opens no module of a page from a disk, so they are joined; nothing else is done to them. Each
names the Python that it follows, and the tests hold it to that.
"""
