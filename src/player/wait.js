// Looks every two seconds whether the deposit has been decided, then shows the page anew.
const wait = document.getElementById("wait");
const look = async () => {
  try {
    const answer = await fetch(wait.dataset.state, { cache: "no-store" });
    if (answer.ok && !(await answer.json()).open) {
      location.reload();
      return;
    }
  } catch {
    // The network may be back at the next look.
  }
  setTimeout(look, 2000);
};
setTimeout(look, 1000);
